/// <reference lib="esnext.disposable" preserve="true" />
// The public names of mcp-fanout: for end users. Everything else is internal and may change in any release.
export { openHost } from './host/open-host.ts';
export { Host } from './host/host.ts';
export type { ReadyOptions, ServerStatus } from './host/host.ts';
export type { RunBatchOptions } from './host/batches.ts';
export type { HostOptions } from './host/host-options.ts';
export type { RunOptions } from './host/run-prompt.ts';
export type { ApprovalRequest, Approve } from './host/authority.ts';
export type { AuthorizationRequest, Authorize } from './connect/oauth/ask-person.ts';
export { HostError } from './base/errors.ts';
export type { ErrorCode } from './base/errors.ts';
export type { Json, JsonObject } from './base/json.ts';
export type { BatchInput, BatchItem } from './call/batch-item.ts';
export type { BatchReport, CallRecord, ToolCall } from './call/call.ts';
export type {
  CallEvent,
  HostEvent,
  HostNotice,
  ServerNotice,
  ServerState,
  WaitReason,
} from './call/events.ts';
export type { Answer, ContentBlock, CutPart, Outcome, Ran, Refusal } from './call/outcome.ts';
export type {
  AskCause,
  AskingCall,
  Elicit,
  ElicitAnswer,
  ElicitRequest,
  Sample,
  SampleAnswer,
  SampleMessage,
  SampleRequest,
} from './call/asks.ts';
export type { FieldOption, FieldValue, FormField } from './call/form.ts';
export type { CallId, ExposedName, ServerId, ToolName } from './call/names.ts';
export type { Access, Tool } from './call/tool.ts';
export type { HostConfig, PolicyConfig } from './config/host-config.ts';
// The offline planner, and any model of the caller's own, are one interface.
export type { Model, ModelEvent, ModelRequest } from './model/model.ts';
export type { RunResult, TurnRecord } from './agent/run-result.ts';
