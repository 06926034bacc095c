/** The testbed in the SDK of protocol 2025-11-25 and older (v1), as servers of that time are. */
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import {
  CallToolRequestSchema,
  ListToolsRequestSchema,
  LoggingLevelSchema,
  type LoggingLevel,
  type ServerNotification,
  type ServerRequest,
  SetLevelRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { ASK_MS, SAMPLE_TOKENS } from './limits.ts';
import { INSTRUCTIONS, SERVER_INFO, type Testbed } from './testbed.ts';
import type { CallContext, Finding, Need, Settled } from './tool.ts';
import { QUESTION_SCHEMA, toAnswer, toCompletion, toListed, toResult } from './wire.ts';

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

const SEVERITIES = LoggingLevelSchema.options;

/** Makes the server for one connection. */
export function createLegacyServer(testbed: Testbed): Server {
  const server = new Server(SERVER_INFO, {
    capabilities: { tools: {}, logging: {} },
    instructions: INSTRUCTIONS,
  });
  let threshold: LoggingLevel = 'debug';
  server.setRequestHandler(SetLevelRequestSchema, ({ params }) => {
    threshold = params.level;
    return {};
  });
  server.setRequestHandler(ListToolsRequestSchema, ({ params }) => {
    const { tools, nextCursor } = testbed.page(params?.cursor);
    return { tools: tools.map(toListed), ...(nextCursor === undefined ? {} : { nextCursor }) };
  });
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const make = async (finding?: Finding) => {
      const wantsInfo = SEVERITIES.indexOf('info') >= SEVERITIES.indexOf(threshold);
      const context = toCallContext(extra, finding, wantsInfo);
      return await testbed.call(params.name, params.arguments, context);
    };
    let reply = await make();
    while (reply.kind === 'need') {
      const missing = missingCapability(server, reply.need);
      reply = missing ?? (await make(await findOut(server, reply.need, extra)));
    }
    return toResult(reply);
  });
  return server;
}

function toCallContext(
  extra: Extra,
  finding: Finding | undefined,
  wantsInfo: boolean,
): CallContext {
  const progressToken = extra._meta?.progressToken;
  return {
    signal: extra.signal,
    finding,
    progress: async (progress, total) => {
      if (progressToken === undefined) return;
      const params = { progressToken, progress, total };
      await extra.sendNotification({ method: 'notifications/progress', params });
    },
    log: async (data) => {
      if (!wantsInfo) return;
      const params = { level: 'info', logger: SERVER_INFO.name, data } as const;
      await extra.sendNotification({ method: 'notifications/message', params });
    },
  };
}

/** What becomes of a call whose client does not do what it needs. */
function missingCapability(server: Server, need: Need): Settled | undefined {
  const { elicitation, sampling } = server.getClientCapabilities() ?? {};
  const [capability, given] =
    need.kind === 'question'
      ? (['elicitation', elicitation] as const)
      : (['sampling', sampling] as const);
  const message = `The client does not declare ${capability}.`;
  return given === undefined ? { kind: 'tool-error', message } : undefined;
}

/** Asks the client while the call is under way, as was the way then. */
async function findOut(server: Server, need: Need, extra: Extra): Promise<Finding> {
  const options = { signal: extra.signal, relatedRequestId: extra.requestId, timeout: ASK_MS };
  if (need.kind === 'question') {
    const form = { message: need.question, requestedSchema: QUESTION_SCHEMA };
    return toAnswer(await server.elicitInput(form, options));
  }
  const content = { type: 'text', text: need.prompt } as const;
  const request = { messages: [{ role: 'user' as const, content }], maxTokens: SAMPLE_TOKENS };
  return toCompletion(await server.createMessage(request, options));
}
