/** The testbed in the SDK of protocol 2026-07-28 (v2), which understands older clients as well. */
import {
  inputRequired,
  type InputRequest,
  inputResponse,
  type InputRequiredResult,
  type InputResponseView,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { SAMPLE_TOKENS } from './limits.ts';
import { INSTRUCTIONS, SERVER_INFO, type Testbed } from './testbed.ts';
import type { CallContext, Finding, Need } from './tool.ts';
import { QUESTION_SCHEMA, toAnswer, toCompletion, toListed, toResult } from './wire.ts';

/** The one thing that a call may ask for, in `inputRequests`. */
const INPUT = 'input';

/** Makes the server for one connection or request. The low-level one: tools are data here, and the list has pages. */
export function createModernServer(testbed: Testbed): Server {
  const server = new Server(SERVER_INFO, {
    capabilities: { tools: { listChanged: false }, logging: {} },
    instructions: INSTRUCTIONS,
  });
  server.setRequestHandler('tools/list', ({ params }) => {
    const { tools, nextCursor } = testbed.page(params?.cursor);
    return { tools: tools.map(toListed), ...(nextCursor === undefined ? {} : { nextCursor }) };
  });
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    const reply = await testbed.call(params.name, params.arguments, toCallContext(context));
    return reply.kind === 'need' ? toInputRequired(reply.need) : toResult(reply);
  });
  return server;
}

function toCallContext({ mcpReq }: ServerContext): CallContext {
  const progressToken = mcpReq._meta?.progressToken;
  return {
    signal: mcpReq.signal,
    finding: toFinding(inputResponse(mcpReq.inputResponses, INPUT)),
    progress: async (progress, total) => {
      if (progressToken === undefined) return;
      const params = { progressToken, progress, total };
      await mcpReq.notify({ method: 'notifications/progress', params });
    },
    log: async (text) => await mcpReq.log('info', text, SERVER_INFO.name),
  };
}

function toFinding(response: InputResponseView): Finding | undefined {
  if (response.kind === 'elicit') return toAnswer(response);
  return response.kind === 'sampling' ? toCompletion(response.result) : undefined;
}

/** To an older client the SDK sends this as a request of its own, and makes the call again with the answer. */
function toInputRequired(need: Need): InputRequiredResult {
  return inputRequired({ inputRequests: { [INPUT]: toRequest(need) } });
}

function toRequest(need: Need): InputRequest {
  if (need.kind === 'question') {
    return inputRequired.elicit({ message: need.question, requestedSchema: QUESTION_SCHEMA });
  }
  const content = { type: 'text', text: need.prompt } as const;
  return inputRequired.createMessage({
    messages: [{ role: 'user', content }],
    maxTokens: SAMPLE_TOKENS,
  });
}
