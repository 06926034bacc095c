import { describe, expect, test } from 'vitest';
import type { Tool } from '../../../src/call/tool.ts';
import { planCalls } from '../../../src/model/offline/plan.ts';
import { readPrompt } from '../../../src/model/offline/prompt.ts';
import { fakeTool } from '../../support/fake-tools.ts';
import {
  CLUSTER,
  CALENDAR,
  CODE,
  DATABASE,
  DESK,
  EVERYTHING,
  FILES,
  FILESYSTEM,
  GIT,
  ISSUES,
  LIBRARY,
  MEMORY,
  MUSIC,
  TRAVEL,
  WEATHER,
} from './catalogues.ts';

type Call = readonly [tool: string, args: object];

function plan(tools: readonly Tool[], prompt: string): Call[] {
  const { calls } = planCalls(tools, readPrompt(prompt));
  return calls.map((call) => [call.tool.name, call.arguments]);
}

const DEMO = [...DESK, ...FILES];
const ALL = [
  ...DEMO,
  ...WEATHER,
  ...GIT,
  ...CLUSTER,
  ...LIBRARY,
  ...ISSUES,
  ...TRAVEL,
  ...DATABASE,
  ...CALENDAR,
  ...MEMORY,
];

describe.each<[string, readonly Tool[], readonly (readonly [string, ...Call[]])[]]>([
  [
    'a support desk beside a folder of files',
    DEMO,
    [
      [
        'Give me the full picture on customer 1234',
        ['get_customer', { customer_id: 1234 }],
        ['get_orders', { customer_id: 1234 }],
        ['get_tickets', { customer_id: 1234 }],
      ],
      [
        'Where is "runBatch" mentioned, and what does package.json say?',
        ['search_text', { query: 'runBatch' }],
        ['read_file', { path: 'package.json' }],
      ],
      [
        'Where is runBatch defined and what does src/host.ts contain?',
        ['search_text', { query: 'runBatch' }],
        ['read_file', { path: 'src/host.ts' }],
      ],
      ['Open tickets of customer 1234', ['get_tickets', { customer_id: 1234, status: 'open' }]],
      [
        'What are the orders and tickets of customer 1234?',
        ['get_orders', { customer_id: 1234 }],
        ['get_tickets', { customer_id: 1234 }],
      ],
      [
        'Show me customer 1234 and their orders',
        ['get_customer', { customer_id: 1234 }],
        ['get_orders', { customer_id: 1234 }],
      ],
      ['customer 1234’s orders', ['get_orders', { customer_id: 1234 }]],
      ['Show the last 3 orders of customer 1234', ['get_orders', { customer_id: 1234, limit: 3 }]],
      [
        'Which tickets have customers 1234, 1235 and 1236?',
        ['get_tickets', { customer_id: 1234 }],
        ['get_tickets', { customer_id: 1235 }],
        ['get_tickets', { customer_id: 1236 }],
      ],
      ['What is the status of order 50123?', ['get_order_status', { order_id: 50123 }]],
      ['Where was order #50123 shipped to?', ['get_shipping_address', { order_id: 50123 }]],
      ['What is your return policy?', ['get_return_policy', {}]],
      ['Update ticket 7123 to closed', ['update_ticket', { ticket_id: 7123, status: 'closed' }]],
      [
        'Please add a note to ticket 7123: "customer called back"',
        ['add_ticket_note', { ticket_id: 7123, note: 'customer called back' }],
      ],
      ['Read the file called README.md, please.', ['read_file', { path: 'README.md' }]],
      [
        'read lines 10 to 20 of README.md',
        ['read_file', { path: 'README.md', start_line: 10, end_line: 20 }],
      ],
      ['Which files match *.test.ts?', ['find_files', { pattern: '*.test.ts' }]],
      ['List the files', ['list_files', {}]],
      ['List the files in src/batch', ['list_files', { path: 'src/batch' }]],
      [
        'Summarise README.md and ARCHITECTURE.md',
        ['read_file', { path: 'README.md' }],
        ['read_file', { path: 'ARCHITECTURE.md' }],
      ],
      [
        'Where in src/links is `dedupe` used?',
        ['search_text', { query: 'dedupe', path: 'src/links' }],
      ],
      ['Which files mention "runBatch"?', ['search_text', { query: 'runBatch' }]],
      ['search for the words "at most once"', ['search_text', { query: 'at most once' }]],
      ['Write "hello" to notes.txt', ['write_file', { path: 'notes.txt', content: 'hello' }]],
      [
        'Write a summary of the orders of customer 1234 to notes.txt',
        ['get_orders', { customer_id: 1234 }],
      ],
      ['The customer is angry'],
      ['What can you do?'],
      ['1234'],
      ['I am 42 years old and like orders'],
      ['What does order mean?'],
    ],
  ],
  [
    'a compiler beside a support desk and a folder of files',
    [...DEMO, ...CODE],
    [
      [
        'What is the type of runBatch, and where is it called?',
        ['type_of', { symbol: 'runBatch' }],
        ['find_references', { symbol: 'runBatch' }],
      ],
      [
        'Where is runBatch called, and what is its type?',
        ['find_references', { symbol: 'runBatch' }],
        ['type_of', { symbol: 'runBatch' }],
      ],
      [
        'What is the type of runBatch, where is it defined, and who calls that?',
        ['type_of', { symbol: 'runBatch' }],
        ['find_definition', { symbol: 'runBatch' }],
        ['find_references', { symbol: 'runBatch' }],
      ],
      [
        'Where are runBatch and runAgent defined, and what are their types?',
        ['find_definition', { symbol: 'runBatch' }],
        ['find_definition', { symbol: 'runAgent' }],
        ['type_of', { symbol: 'runBatch' }],
        ['type_of', { symbol: 'runAgent' }],
      ],
      [
        'What is the type of runBatch, and where is runAgent called?',
        ['type_of', { symbol: 'runBatch' }],
        ['find_references', { symbol: 'runAgent' }],
      ],
      ['Where is runBatch defined?', ['find_definition', { symbol: 'runBatch' }]],
      ['Who calls runBatch?', ['find_references', { symbol: 'runBatch' }]],
      ['What is the type of `dedupe`?', ['type_of', { symbol: 'dedupe' }]],
      ['What is the type of Host.runBatch?', ['type_of', { symbol: 'Host.runBatch' }]],
      ['Are there type errors in src/host/host.ts?', ['diagnostics', { path: 'src/host/host.ts' }]],
      ['Which errors are in src/host?', ['diagnostics', { path: 'src/host' }]],
      [
        'Give me the full picture on customer 1234',
        ['get_customer', { customer_id: 1234 }],
        ['get_orders', { customer_id: 1234 }],
        ['get_tickets', { customer_id: 1234 }],
      ],
      [
        'Where is "runBatch" mentioned, and what does package.json say?',
        ['search_text', { query: 'runBatch' }],
        ['read_file', { path: 'package.json' }],
      ],
      ['What does src/host/host.ts say?', ['read_file', { path: 'src/host/host.ts' }]],
      // Behind a pronoun only what is asked for is looked up, and nothing twice.
      ['Search for runBatch, and read it', ['search_text', { query: 'runBatch' }]],
      ['Read package.json and explain it', ['read_file', { path: 'package.json' }]],
      ['What is the type of runBatch? It is great.', ['type_of', { symbol: 'runBatch' }]],
      [
        'What is the type of runBatch, and list the tests that fail',
        ['type_of', { symbol: 'runBatch' }],
      ],
      // What is written can only be read afterwards.
      [
        'Write "hello" to notes.txt and read it',
        ['write_file', { path: 'notes.txt', content: 'hello' }],
      ],
    ],
  ],
  [
    'music',
    MUSIC,
    [
      [
        'What are the lyrics of "Yesterday", and which recordings of it are there?',
        ['get_lyrics', { title: 'Yesterday' }],
        ['list_recordings', { title: 'Yesterday' }],
      ],
      [
        'Show the lyrics of "Help" and "Girl", then list their recordings',
        ['get_lyrics', { title: 'Help' }],
        ['get_lyrics', { title: 'Girl' }],
        ['list_recordings', { title: 'Help' }],
        ['list_recordings', { title: 'Girl' }],
      ],
      ['What are the lyrics of "Yesterday"? I love it.', ['get_lyrics', { title: 'Yesterday' }]],
    ],
  ],
  [
    'weather',
    WEATHER,
    [
      [
        'What is the current weather in Paris, and what is its forecast?',
        ['get_current_weather', { location: 'Paris' }],
        ['get_forecast', { city: 'Paris' }],
      ],
      ['What is the weather in Paris?', ['get_current_weather', { location: 'Paris' }]],
      ['What’s the forecast for new york?', ['get_forecast', { city: 'new york' }]],
      [
        'Weather forecast for Berlin for 5 days in metric units',
        ['get_forecast', { city: 'Berlin', days: 5, units: 'metric' }],
      ],
      [
        'forecast for Berlin and Rome',
        ['get_forecast', { city: 'Berlin' }],
        ['get_forecast', { city: 'Rome' }],
      ],
      ['forecast for Berlin for 50 days', ['get_forecast', { city: 'Berlin' }]],
      ['Are there any weather alerts?', ['list_weather_alerts', {}]],
      [
        'Weather in Oslo from 2026-01-01 to 2026-01-31',
        ['get_history', { city: 'Oslo', from: '2026-01-01', to: '2026-01-31' }],
      ],
      ['Subscribe me@example.com to alerts', ['subscribe_alerts', { email: 'me@example.com' }]],
      ['Who is me@example.com?'],
    ],
  ],
  [
    'git',
    GIT,
    [
      ['Show commit a1b2c3d', ['git_show', { commit: 'a1b2c3d' }]],
      ['Show the log of branch main', ['git_log', { branch: 'main' }]],
      ['Show the last 5 commits in the log', ['git_log', { max_count: 5 }]],
      ['Who changed src/host.ts?', ['git_blame', { path: 'src/host.ts' }]],
      ['blame line 12 of src/a.ts', ['git_blame', { path: 'src/a.ts', line: 12 }]],
      ['Create a branch named fix from main', ['create_branch', { branch: 'fix', from: 'main' }]],
      ['create branch feature-x', ['create_branch', { branch: 'feature-x' }]],
      ['delete the branch old', ['delete_branch', { branch: 'old' }]],
      ['Should I delete branch old?'],
      ['What is the git status of /srv/repo?', ['git_status', { repo_path: '/srv/repo' }]],
    ],
  ],
  [
    'a cluster, with camelCase names',
    CLUSTER,
    [
      ['Which pods are in the kube-system namespace?', ['listPods', { namespace: 'kube-system' }]],
      ['List pods in namespace default', ['listPods', { namespace: 'default' }]],
      [
        'logs of pods web-1 and web-2',
        ['getPodLogs', { podName: 'web-1' }],
        ['getPodLogs', { podName: 'web-2' }],
      ],
      [
        'Show deployment web in namespace prod',
        ['getDeployment', { name: 'web', namespace: 'prod' }],
      ],
      [
        'Scale deployment web to 5 replicas',
        ['scaleDeployment', { deployment: 'web', replicas: 5 }],
      ],
      ['What nodes are there?', ['listNodes', {}]],
    ],
  ],
  [
    'a library',
    LIBRARY,
    [
      ['Find books by Isaac Asimov', ['search_books', { author: 'Isaac Asimov' }]],
      [
        'Find German books about space travel',
        ['search_books', { query: 'space travel', language: 'german' }],
      ],
      ['Who is member 17?', ['get_loans', { member_id: 17 }], ['get_member', { id: 17 }]],
      ['reserve book 978-3-16 for member 17'],
      ['The loans of member 17', ['get_loans', { member_id: 17 }]],
      ['opening hours please', ['get_opening_hours', {}]],
    ],
  ],
  [
    'issues, where several arguments are required',
    ISSUES,
    [
      ['Search repositories for "mcp host"', ['search_repositories', { query: 'mcp host' }]],
      [
        'Show issue 12 of repo hello by owner octocat',
        ['get_issue', { owner: 'octocat', repo: 'hello', issue_number: 12 }],
      ],
      [
        'What is pull request 42 in the repo cli of owner octo?',
        ['get_pull_request', { owner: 'octo', repo: 'cli', pull_number: 42 }],
      ],
      [
        'list open issues in repo hello, owner octo',
        ['list_issues', { owner: 'octo', repo: 'hello', state: 'open' }],
      ],
      ['Show issue 12'],
    ],
  ],
  [
    'travel',
    TRAVEL,
    [
      [
        'Find flights from Berlin to Oslo on 2026-03-01',
        ['search_flights', { origin: 'Berlin', destination: 'Oslo', date: '2026-03-01' }],
      ],
      [
        'flights from new york to san francisco',
        ['search_flights', { origin: 'new york', destination: 'san francisco' }],
      ],
      [
        'hotels in Rome for 2 guests from 2026-01-01 to 2026-01-05',
        [
          'search_hotels',
          { destination: 'Rome', check_in: '2026-01-01', check_out: '2026-01-05', guests: 2 },
        ],
      ],
      [
        'Convert 100 from USD to EUR',
        ['convert_currency', { amount: 100, from: 'USD', to: 'EUR' }],
      ],
      [
        'booking AB-123 and booking CD-456',
        ['get_booking', { booking_id: 'AB-123' }],
        ['get_booking', { booking_id: 'CD-456' }],
      ],
      ['Cancel booking AB-123', ['cancel_booking', { booking_id: 'AB-123' }]],
      ['hotels in Rome'],
    ],
  ],
  [
    'a database',
    DATABASE,
    [
      ['What tables are there?', ['list_tables', {}]],
      ['Describe the "orders" table', ['describe_table', { table_name: 'orders' }]],
      [
        'list tables and describe table users',
        ['list_tables', {}],
        ['describe_table', { table_name: 'users' }],
      ],
      ['Read query `SELECT 1`', ['read_query', { query: 'SELECT 1' }]],
    ],
  ],
  [
    'a calendar',
    CALENDAR,
    [
      ['What events are on 2026-05-01?', ['list_events', { date: '2026-05-01' }]],
      [
        'Find free slots for a@x.org and b@x.org of 30 minutes',
        ['find_free_slots', { attendees: ['a@x.org', 'b@x.org'], duration_minutes: 30 }],
      ],
      ['Who is a@x.org?', ['get_contact', { email: 'a@x.org' }]],
      ['Search contacts for Alice', ['search_contacts', { query: 'Alice' }]],
      [
        'Create event "Lunch" 2026-05-01T12:00:00Z',
        ['create_event', { title: 'Lunch', start: '2026-05-01T12:00:00Z' }],
      ],
    ],
  ],
  [
    'the official file system server',
    FILESYSTEM,
    [
      ['What does README.md say?', ['read_text_file', { path: 'README.md' }]],
      ['Read a.txt and b.txt', ['read_multiple_files', { paths: ['a.txt', 'b.txt'] }]],
      ['What is in src/?', ['list_directory', { path: 'src/' }]],
      ['show the directory tree of src/model', ['directory_tree', { path: 'src/model' }]],
      [
        'Search for *.ts files in src/model',
        ['search_files', { path: 'src/model', pattern: '*.ts' }],
      ],
      ['Which directories are allowed?', ['list_allowed_directories', {}]],
      ['move file a.txt to b.txt', ['move_file', { source: 'a.txt', destination: 'b.txt' }]],
    ],
  ],
  [
    'the official memory server',
    MEMORY,
    [
      ['What do you know about "Alice"?', ['search_nodes', { query: 'Alice' }]],
      ['Read the graph', ['read_graph', {}]],
      ['Open the nodes "Alice" and "Bob"', ['open_nodes', { names: ['Alice', 'Bob'] }]],
      ['delete the entities "Alice"', ['delete_entities', { entityNames: ['Alice'] }]],
      ['Create the entities "Alice"'],
    ],
  ],
  [
    'a server that declares nothing',
    EVERYTHING,
    [
      ['echo "hello"', ['echo', { message: 'hello' }]],
      ['Get the sum of 2 and 3', ['get-sum', { a: 2, b: 3 }]],
      ['Get structured content for New York', ['get-structured-content', { location: 'New York' }]],
      ['What is the sum of 2 and 3?'],
    ],
  ],
  [
    'all of them at once',
    ALL,
    [
      [
        'Give me the full picture on customer 1234',
        ['get_customer', { customer_id: 1234 }],
        ['get_orders', { customer_id: 1234 }],
        ['get_tickets', { customer_id: 1234 }],
      ],
      [
        'Where is "runBatch" mentioned, and what does package.json say?',
        ['search_text', { query: 'runBatch' }],
        ['read_file', { path: 'package.json' }],
      ],
      ['What is the weather in Paris?', ['get_current_weather', { location: 'Paris' }]],
      ['Find books by Isaac Asimov', ['search_books', { author: 'Isaac Asimov' }]],
      ['Thanks!'],
      ['What is 2 + 2?'],
      ['Explain how TCP works'],
      ['Write me a poem about the sea'],
      ['Which Node.js version do I need?'],
    ],
  ],
])('with %s', (_, tools, cases) => {
  test.each(cases.map(([prompt, ...calls]) => ({ prompt, calls })))(
    '$prompt',
    ({ prompt, calls }) => {
      expect(plan(tools, prompt)).toEqual(calls);
    },
  );
});

describe('a plan', () => {
  test('calls nothing whose required arguments the prompt does not give, and says what is missing', () => {
    const { calls, closest } = planCalls(DESK, readPrompt('What is the status of my order?'));
    expect(calls).toEqual([]);
    const [first] = closest;
    expect(first?.tool.name).toBe('get_order_status');
    expect(first?.missing.map(({ name }) => name)).toEqual(['order_id']);
  });

  test('says which tools it holds back because the prompt does not ask for a change', () => {
    const { calls, withheld } = planCalls(
      DESK.filter((tool) => tool.name === 'update_ticket'),
      readPrompt('What about ticket 7?'),
    );
    expect(calls).toEqual([]);
    expect(withheld.map(({ name }) => name)).toEqual(['update_ticket']);
  });

  test('respects what a schema allows', () => {
    const tools = [
      fakeTool('get_room', { room: { type: 'integer', minimum: 1, maximum: 9 } }),
      fakeTool('get_seat', { seat: { type: ['integer', 'null'] } }),
      fakeTool(
        'get_shelf',
        { shelf: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/Shelf' }] } },
        {
          inputSchema: {
            type: 'object',
            properties: { shelf: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/Shelf' }] } },
            required: ['shelf'],
            $defs: { Shelf: { type: 'string', enum: ['upper', 'lower'] } },
          },
        },
      ),
    ];
    expect(plan(tools, 'show room 10')).toEqual([]);
    expect(plan(tools, 'show room 9')).toEqual([['get_room', { room: 9 }]]);
    expect(plan(tools, 'show room 1.5')).toEqual([]);
    expect(plan(tools, 'show seat 4')).toEqual([['get_seat', { seat: 4 }]]);
    expect(plan(tools, 'what is on the lower shelf?')).toEqual([['get_shelf', { shelf: 'lower' }]]);
  });

  test('fills a required boolean only with what the schema gives', () => {
    const given = fakeTool('list_users', { active: { type: 'boolean', default: true } });
    const open = fakeTool('list_users', { active: { type: 'boolean' } });
    expect(plan([given], 'list users')).toEqual([['list_users', { active: true }]]);
    expect(plan([open], 'list users')).toEqual([]);
  });

  test('has at most eight calls', () => {
    const numbers = Array.from({ length: 20 }, (_, at) => String(at + 1)).join(', ');
    expect(plan(DESK, `tickets of customers ${numbers}`)).toHaveLength(8);
  });

  test('is the same whatever the order of the catalogue, but for the order of its calls', () => {
    const prompt = 'full picture on customer 1234, and what does package.json say?';
    const sorted = (calls: readonly Call[]): string[] =>
      calls.map((call) => JSON.stringify(call)).sort();
    expect(sorted(plan(DEMO.toReversed(), prompt))).toEqual(sorted(plan(DEMO, prompt)));
  });

  test.each([
    ['an endless prompt', 'order 7 "a" `b` src/a.ts and '.repeat(50_000)],
    ['quotes without an end', '"“`\''.repeat(20_000)],
    ['one endless word', 'a'.repeat(500_000)],
    ['one endless path', 'a/'.repeat(200_000)],
    ['one endless name', 'aB_'.repeat(200_000)],
    ['nothing', ''],
    ['control characters', '\u0000\u001b[31m\u202e customer 12'],
  ])('bears %s', (_, prompt) => {
    expect(plan(ALL, prompt).length).toBeLessThanOrEqual(8);
  });

  test.each<[string, object]>([
    ['no properties', {}],
    ['properties that are no object', { properties: 3, required: 7 }],
    [
      'properties without a type',
      { properties: { customer: {}, x: true, y: null }, required: ['customer'] },
    ],
    [
      'a reference to itself',
      { properties: { customer: { $ref: '#/properties/customer' } }, required: ['customer'] },
    ],
    [
      'a reference to nowhere',
      { properties: { customer: { $ref: '#/a/__proto__/b' } }, required: ['customer'] },
    ],
    ['a required argument that is not described', { properties: {}, required: ['customer'] }],
  ])('bears a schema with %s', (_, inputSchema) => {
    const tool = fakeTool('look_customer', {}, { inputSchema: inputSchema as Tool['inputSchema'] });
    expect(() => plan([tool], 'look at customer 12')).not.toThrow();
  });

  test('of a catalogue of 3,000 tools is there in no time', () => {
    const many = Array.from({ length: 250 }, (_, at) =>
      DESK.concat(FILES.slice(0, 4)).map((tool) =>
        Object.assign({}, tool, { server: `s${String(at)}` as Tool['server'] }),
      ),
    ).flat();
    expect(plan(many, 'Give me the full picture on customer 1234')).toHaveLength(8);
  }, 10_000);
});
