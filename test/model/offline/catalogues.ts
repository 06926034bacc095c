import type { JsonObject } from '../../../src/base/json.ts';
import type { Tool } from '../../../src/call/tool.ts';
import { fakeTool } from '../../support/fake-tools.ts';

/** Catalogues of many domains for the offline planner, which has seen none of them. */

const text = (description = ''): JsonObject => ({ type: 'string', description });
const integer = (description = ''): JsonObject => ({ type: 'integer', description });
const oneOf = (...values: string[]): JsonObject => ({ type: 'string', enum: values });
const day = (description = ''): JsonObject => ({ type: 'string', format: 'date', description });
const list = (items: JsonObject): JsonObject => ({ type: 'array', items });
const changes = { declaredReadOnly: false, declaredIdempotent: false, access: 'write' } as const;

/** A support desk in the shape of the product's demo. */
export const DESK: readonly Tool[] = [
  fakeTool(
    'get_customer',
    { customer_id: integer('Customer number, such as 1234.') },
    {
      server: 'customers',
      title: 'Get customer',
      description:
        'Looks up one customer: name, contact details, saved addresses. For the full picture call get_orders, too.',
    },
  ),
  fakeTool(
    'get_orders',
    {
      customer_id: integer(),
      limit: { ...integer('How many at most.'), default: 10, minimum: 1, maximum: 50 },
    },
    {
      server: 'customers',
      required: ['customer_id'],
      description:
        'Lists the orders of a customer, newest first. The purchases in the full picture of a customer.',
    },
  ),
  fakeTool(
    'get_tickets',
    { customer_id: integer(), status: oneOf('open', 'pending', 'resolved', 'closed') },
    {
      server: 'customers',
      required: ['customer_id'],
      description:
        'Lists the support tickets of a customer. The problems in the full picture of a customer.',
    },
  ),
  fakeTool(
    'get_order_status',
    { order_id: integer('Order number, such as 50123, as get_orders lists it.') },
    {
      server: 'customers',
      description: 'Tells how far one order has come: status, dates, carrier and tracking number.',
    },
  ),
  fakeTool(
    'get_shipping_address',
    { order_id: integer() },
    {
      server: 'customers',
      description: 'Tells where one order is being sent, or was sent.',
    },
  ),
  fakeTool(
    'get_return_policy',
    { category: text('Product category, such as "electronics".') },
    {
      server: 'customers',
      required: [],
      description: 'Tells under which terms products of a category can be returned.',
    },
  ),
  fakeTool(
    'update_ticket',
    {
      ticket_id: integer(),
      status: oneOf('open', 'pending', 'resolved', 'closed'),
      priority: oneOf('low', 'normal', 'high', 'urgent'),
      assignee: text(),
    },
    { server: 'customers', required: ['ticket_id'], ...changes },
  ),
  fakeTool(
    'add_ticket_note',
    {
      ticket_id: integer(),
      note: text('The text of the note.'),
      author: { ...text(), default: 'assistant' },
    },
    {
      server: 'customers',
      required: ['ticket_id', 'note'],
      ...changes,
    },
  ),
];

/** A folder of files in the shape of the product's demo. */
export const FILES: readonly Tool[] = [
  fakeTool(
    'list_files',
    {
      path: text('Folder to list, relative to the workspace folder'),
      depth: { ...integer('How many folder levels'), default: 2 },
    },
    {
      server: 'workspace',
      required: [],
      title: 'List files',
      description:
        'List the files and folders in a folder of the workspace as a directory tree, with file sizes.',
    },
  ),
  fakeTool(
    'find_files',
    {
      pattern: text('Glob pattern: *, ?, **. Without a slash it is matched against file names'),
      path: text('Folder'),
    },
    {
      server: 'workspace',
      required: ['pattern'],
      title: 'Find files by name',
      description:
        'Find files in the workspace by their name, with a glob pattern such as *.ts. Returns paths.',
    },
  ),
  fakeTool(
    'read_file',
    {
      path: text('File path relative to the workspace folder, such as src/index.ts'),
      start_line: integer('First line to return'),
      end_line: integer(),
    },
    {
      server: 'workspace',
      required: ['path'],
      title: 'Read a file',
      description: 'Read the content of one text file of the workspace, or some of its lines.',
    },
  ),
  fakeTool(
    'search_text',
    {
      query: text('Text to search for, within a line'),
      path: text('Folder or file to search in, such as src. Default: the whole workspace'),
      glob: text('Search only files that match this glob pattern, such as *.ts'),
      regex: { type: 'boolean', default: false },
      max_results: { ...integer('Most matching lines to return'), default: 100 },
    },
    {
      server: 'workspace',
      required: ['query'],
      title: 'Search in files',
      description:
        'Search the contents of all files in the workspace for a text or a regular expression.',
    },
  ),
  fakeTool(
    'write_file',
    { path: text(), content: text('The whole new content of the file') },
    { server: 'workspace', ...changes },
  ),
  fakeTool(
    'edit_file',
    { path: text(), edits: list({ type: 'object' }) },
    { server: 'workspace', ...changes },
  ),
];

const SYMBOL = {
  symbol: text(
    'Name of a function, class, method, variable or type as it stands in the code, such as Host.runBatch',
  ),
  path: text(
    'File of the project, such as src/index.ts. With symbol alone: only what is declared in this file or folder',
  ),
  line: { ...integer('Line in the file at path, from 1, instead of a name'), minimum: 1 },
  column: { ...integer('Column in that line, from 1'), minimum: 1 },
};

/** A compiler in the shape of the product's server: none of its arguments is required. */
export const CODE: readonly Tool[] = [
  fakeTool('type_of', SYMBOL, {
    server: 'code',
    required: [],
    title: 'Type of a symbol',
    description:
      'Tell the type of a function, class, method, variable or other symbol of the project: its signature with all types written out, and where it is declared. What a function takes and returns.',
  }),
  fakeTool(
    'find_references',
    { ...SYMBOL, max_results: { ...integer('Most references to return'), default: 200 } },
    {
      server: 'code',
      required: [],
      title: 'Find references',
      description:
        'Find all references to a function, class, method, variable or type of the project: where it is called, and where else it is used, imported, exported or declared.',
    },
  ),
  fakeTool('find_definition', SYMBOL, {
    server: 'code',
    required: [],
    title: 'Find a definition',
    description:
      'Find where a function, class, method, variable, type or other symbol of the project is defined, with the source code of its definition.',
  }),
  fakeTool(
    'diagnostics',
    {
      path: text('File or folder to check, such as src/index.ts. Default: the whole project'),
      max_results: { ...integer('Most errors and warnings to return'), default: 100 },
    },
    {
      server: 'code',
      required: [],
      title: 'Compiler diagnostics',
      description:
        'Type-check the project, or one file or folder of it: lists the compiler errors and warnings, with file, line, error code and message.',
    },
  ),
];

/** Where one name can be asked for in several ways. */
export const MUSIC: readonly Tool[] = [
  fakeTool('get_lyrics', { title: text() }, { server: 'music', description: 'Words of a song' }),
  fakeTool('list_recordings', { title: text() }, { server: 'music' }),
  fakeTool('get_albums', { artist: text() }, { server: 'music', description: 'Albums of a band' }),
  fakeTool('play_song', { title: text() }, { server: 'music', ...changes }),
];

export const WEATHER: readonly Tool[] = [
  fakeTool(
    'get_forecast',
    {
      city: text('Name of the city'),
      days: { ...integer('How many days'), minimum: 1, maximum: 14 },
      units: oneOf('metric', 'imperial'),
    },
    {
      server: 'weather',
      required: ['city'],
      description: 'Weather forecast for a city.',
    },
  ),
  fakeTool(
    'get_current_weather',
    { location: text('City or place') },
    { server: 'weather', description: 'The weather right now.' },
  ),
  fakeTool(
    'list_weather_alerts',
    {},
    { server: 'weather', description: 'All storm and flood warnings in force.' },
  ),
  fakeTool(
    'get_history',
    { city: text(), from: day('First day'), to: day('Last day') },
    { server: 'weather', description: 'Past weather of a city between two dates.' },
  ),
  fakeTool(
    'subscribe_alerts',
    { email: { type: 'string', format: 'email' } },
    { server: 'weather', ...changes },
  ),
];

export const GIT: readonly Tool[] = [
  fakeTool(
    'git_status',
    { repo_path: text('Path to Git repository') },
    { server: 'git', description: 'Shows the working tree status' },
  ),
  fakeTool(
    'git_log',
    { branch: text(), max_count: { ...integer(), default: 10 } },
    { server: 'git', required: [], description: 'Shows the commit logs' },
  ),
  fakeTool(
    'git_show',
    { commit: text('Hash of the commit') },
    { server: 'git', description: 'Shows the contents of a commit' },
  ),
  fakeTool(
    'git_blame',
    { path: text('File'), line: integer() },
    {
      server: 'git',
      required: ['path'],
      description: 'Shows who changed each line of a file last',
    },
  ),
  fakeTool(
    'create_branch',
    { branch: text(), from: text() },
    { server: 'git', required: ['branch'], ...changes },
  ),
  fakeTool('delete_branch', { branch: text() }, { server: 'git', ...changes }),
];

export const CLUSTER: readonly Tool[] = [
  fakeTool(
    'listPods',
    { namespace: text() },
    { server: 'k8s', description: 'Pods of a namespace and their state' },
  ),
  fakeTool(
    'getDeployment',
    { name: text(), namespace: text() },
    { server: 'k8s', required: ['name'], description: 'One deployment' },
  ),
  fakeTool(
    'getPodLogs',
    { podName: text(), tailLines: integer() },
    { server: 'k8s', required: ['podName'], description: 'The output of a pod' },
  ),
  fakeTool(
    'scaleDeployment',
    { deployment: text(), replicas: integer() },
    { server: 'k8s', ...changes },
  ),
  fakeTool('listNodes', {}, { server: 'k8s', description: 'The machines of the cluster' }),
];

export const LIBRARY: readonly Tool[] = [
  fakeTool(
    'search_books',
    {
      query: text('Words of the title or the subject'),
      author: text(),
      language: oneOf('english', 'german', 'french'),
    },
    {
      server: 'library',
      required: [],
      description: 'Finds books in the catalogue.',
    },
  ),
  fakeTool('get_book', { isbn: text('ISBN of the book') }, { server: 'library' }),
  fakeTool(
    'get_loans',
    { member_id: integer() },
    { server: 'library', description: 'What a member has borrowed.' },
  ),
  fakeTool(
    'get_member',
    { id: integer() },
    { server: 'library', description: 'A member of the library.' },
  ),
  fakeTool(
    'get_opening_hours',
    {},
    { server: 'library', description: 'When the library is open.' },
  ),
  fakeTool(
    'reserve_book',
    { isbn: text(), member_id: integer() },
    { server: 'library', ...changes },
  ),
];

/** The shapes of public reference servers. */
export const FILESYSTEM: readonly Tool[] = [
  fakeTool(
    'read_file',
    {
      path: text(),
      tail: { type: 'number', description: 'returns only the last N lines' },
      head: { type: 'number' },
    },
    {
      server: 'fs',
      required: ['path'],
      description:
        'Read the complete contents of a file as text. DEPRECATED: Use read_text_file instead.',
    },
  ),
  fakeTool(
    'read_text_file',
    { path: text(), tail: { type: 'number' }, head: { type: 'number' } },
    {
      server: 'fs',
      required: ['path'],
      description:
        'Read the complete contents of a file from the file system as text. Handles various text encodings.',
    },
  ),
  fakeTool(
    'read_media_file',
    { path: text() },
    {
      server: 'fs',
      description: 'Read an image or audio file. Returns the base64 encoded data and MIME type.',
    },
  ),
  fakeTool(
    'read_multiple_files',
    { paths: list(text()) },
    { server: 'fs', description: 'Read the contents of multiple files simultaneously.' },
  ),
  fakeTool(
    'list_directory',
    { path: text() },
    {
      server: 'fs',
      description: 'Get a detailed listing of all files and directories in a specified path.',
    },
  ),
  fakeTool(
    'directory_tree',
    { path: text(), excludePatterns: { ...list(text()), default: [] } },
    {
      server: 'fs',
      required: ['path'],
      description: 'Get a recursive tree view of files and directories as a JSON structure.',
    },
  ),
  fakeTool(
    'search_files',
    { path: text(), pattern: text(), excludePatterns: { ...list(text()), default: [] } },
    {
      server: 'fs',
      required: ['path', 'pattern'],
      description: 'Recursively search for files and directories matching a pattern.',
    },
  ),
  fakeTool(
    'get_file_info',
    { path: text() },
    { server: 'fs', description: 'Retrieve detailed metadata about a file or directory.' },
  ),
  fakeTool(
    'list_allowed_directories',
    {},
    {
      server: 'fs',
      description: 'Returns the list of directories that this server is allowed to access.',
    },
  ),
  fakeTool('write_file', { path: text(), content: text() }, { server: 'fs', ...changes }),
  fakeTool('move_file', { source: text(), destination: text() }, { server: 'fs', ...changes }),
];

export const MEMORY: readonly Tool[] = [
  fakeTool(
    'create_entities',
    { entities: list({ type: 'object' }) },
    { server: 'memory', ...changes },
  ),
  fakeTool('delete_entities', { entityNames: list(text()) }, { server: 'memory', ...changes }),
  fakeTool('read_graph', {}, { server: 'memory', description: 'Read the entire knowledge graph' }),
  fakeTool(
    'search_nodes',
    {
      query: text('The search query to match against entity names, types, and observation content'),
    },
    {
      server: 'memory',
      description: 'Search for nodes in the knowledge graph based on a query',
    },
  ),
  fakeTool(
    'open_nodes',
    { names: list(text('An array of entity names to retrieve')) },
    { server: 'memory', description: 'Open specific nodes in the knowledge graph by their names' },
  ),
];

export const ISSUES: readonly Tool[] = [
  fakeTool(
    'get_issue',
    { owner: text(), repo: text(), issue_number: integer() },
    { server: 'github' },
  ),
  fakeTool(
    'list_issues',
    { owner: text(), repo: text(), state: oneOf('open', 'closed'), labels: list(text()) },
    { server: 'github', required: ['owner', 'repo'] },
  ),
  fakeTool(
    'get_pull_request',
    { owner: text(), repo: text(), pull_number: integer() },
    { server: 'github' },
  ),
  fakeTool('search_repositories', { query: text() }, { server: 'github' }),
  fakeTool(
    'create_issue',
    { owner: text(), repo: text(), title: text() },
    { server: 'github', ...changes },
  ),
];

export const TRAVEL: readonly Tool[] = [
  fakeTool(
    'search_hotels',
    { destination: text(), check_in: day(), check_out: day(), guests: integer() },
    { server: 'travel' },
  ),
  fakeTool(
    'search_flights',
    { origin: text(), destination: text(), date: day() },
    { server: 'travel', required: ['origin', 'destination'] },
  ),
  fakeTool('get_booking', { booking_id: text() }, { server: 'travel' }),
  fakeTool('cancel_booking', { booking_id: text() }, { server: 'travel', ...changes }),
  fakeTool(
    'convert_currency',
    { amount: { type: 'number' }, from: text('ISO code'), to: text('ISO code') },
    { server: 'travel' },
  ),
];

export const DATABASE: readonly Tool[] = [
  fakeTool('list_tables', {}, { server: 'db' }),
  fakeTool('describe_table', { table_name: text() }, { server: 'db' }),
  fakeTool('read_query', { query: text('SELECT SQL query to execute') }, { server: 'db' }),
  fakeTool('write_query', { query: text('SQL') }, { server: 'db', ...changes }),
];

export const CALENDAR: readonly Tool[] = [
  fakeTool('list_events', { date: day(), calendar: text() }, { server: 'calendar', required: [] }),
  fakeTool('get_event', { eventId: text() }, { server: 'calendar' }),
  fakeTool(
    'find_free_slots',
    { attendees: list({ type: 'string', format: 'email' }), duration_minutes: integer() },
    { server: 'calendar' },
  ),
  fakeTool(
    'create_event',
    { title: text(), start: { type: 'string', format: 'date-time' } },
    { server: 'calendar', ...changes },
  ),
  fakeTool('search_contacts', { query: text('Name or email') }, { server: 'calendar' }),
  fakeTool('get_contact', { email: { type: 'string', format: 'email' } }, { server: 'calendar' }),
];

/** Declares none of its tools read-only. */
export const EVERYTHING: readonly Tool[] = [
  fakeTool('echo', { message: text('Message to echo') }, { server: 'everything', ...changes }),
  fakeTool(
    'get-sum',
    { a: { type: 'number' }, b: { type: 'number' } },
    { server: 'everything', ...changes },
  ),
  fakeTool(
    'get-structured-content',
    { location: oneOf('New York', 'Chicago', 'Los Angeles') },
    { server: 'everything', ...changes },
  ),
];
