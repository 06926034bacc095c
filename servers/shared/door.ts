import type { McpHandlerRequestOptions } from '@modelcontextprotocol/server';

/** How clients come in. */
export interface Door {
  /** Ends all connections, and with them their calls. */
  close(): Promise<void>;
}

/** A door for HTTP: answers one request after the other. */
export interface WebDoor extends Door {
  fetch(request: Request, context?: McpHandlerRequestOptions): Promise<Response>;
}
