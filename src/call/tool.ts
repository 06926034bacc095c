import type { JsonObject } from '../base/json.ts';
import type { ExposedName, ServerId, ToolName } from './names.ts';

/** Whether calls of a tool may overlap (`read`) or exclude each other (`write`) on the resources they claim. A scheduling hint, never a permission. */
export type Access = 'read' | 'write';

/** One tool of the merged catalogue: immutable, made anew when its server's list changes. */
export interface Tool {
  readonly server: ServerId;
  readonly name: ToolName;
  readonly exposed: ExposedName;
  readonly title: string;
  /** The server's own words, cut to a limit; untrusted. */
  readonly description: string;
  readonly inputSchema: JsonObject;
  readonly outputSchema: JsonObject | undefined;
  readonly access: Access;
  /** The rule that chose `access`: `config:…`, `annotation:…`, `verb:…` or `default`. */
  readonly accessRule: string;
  /** Declared read-only, by annotation or config: may be repeated, shared and started early. Being classed as a read is not enough. */
  readonly declaredReadOnly: boolean;
  /** Declared idempotent or read-only, by annotation or config: may be sent again. */
  readonly declaredIdempotent: boolean;
  /** Whether the read-only declaration came from config rather than from the server's own hint; matters when hints are not trusted. */
  readonly declaredBy: 'config' | 'annotation' | 'nobody';
  /** The resource that calls of this tool claim; the server's id unless config joins servers under one name. */
  readonly resource: string;
  /** Arguments whose values narrow the claim to records. Empty: the whole resource. */
  readonly keys: readonly string[];
  /** `false` with `parallel: "always"`: calls claim nothing. */
  readonly claims: boolean;
}
