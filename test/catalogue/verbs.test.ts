import { expect, test } from 'vitest';
import { writingVerb } from '../../src/catalogue/verbs.ts';

test.each([
  // Filesystem
  ['write_file', 'write'],
  ['edit_file', 'edit'],
  ['create_directory', 'create'],
  ['move_file', 'move'],
  ['delete_file', 'delete'],
  ['copyFile', 'copy'],
  // GitHub
  ['create_or_update_file', 'create'],
  ['push_files', 'push'],
  ['create_pull_request', 'create'],
  ['fork_repository', 'fork'],
  ['merge_pull_request', 'merge'],
  ['add_issue_comment', 'add'],
  ['update_pull_request_branch', 'update'],
  // Git
  ['git_commit', 'commit'],
  ['git_add', 'add'],
  ['git_reset', 'reset'],
  ['git_checkout', 'checkout'],
  ['git_init', 'init'],
  // Memory, databases, chat, browsers
  ['create_entities', 'create'],
  ['delete_relations', 'delete'],
  ['execute_sql', 'execute'],
  ['run_query', 'run'],
  ['increment_counter', 'increment'],
  ['slack_post_message', 'post'],
  ['slack_reply_to_thread', 'reply'],
  ['browser_click', 'click'],
  ['browser_navigate', 'navigate'],
  ['add_ticket_note', 'add'],
  ['update_ticket', 'update'],
  // Spellings
  ['WriteFile', 'write'],
  ['write-file', 'write'],
  ['Write File', 'write'],
  ['HTTPPost', 'post'],
  ['v2.delete.user', 'delete'],
  ['notion/updatePage', 'update'],
  // More than one verb
  ['get_or_create_user', 'create'],
  ['getOrCreateUser', 'create'],
  ['read_and_delete', 'delete'],
  ['search_and_replace', 'replace'],
  ['fetch_then_store', 'store'],
])('%s writes: %s', (name, verb) => {
  expect(writingVerb(name)).toBe(verb);
});

test.each([
  'read_file',
  'read_multiple_files',
  'list_directory',
  'directory_tree',
  'search_files',
  'get_file_info',
  'get_commit',
  'list_commits',
  'git_diff',
  'git_log',
  'git_status',
  'git_show',
  'list_open_issues',
  'get_pull_request_status',
  'search_repositories',
  'read_graph',
  'search_nodes',
  'describe_table',
  'query',
  'brave_web_search',
  'maps_geocode',
  'get_customer',
  'get_orders',
  'get_return_policy',
  'get_shipping_address',
  'getUpdates',
  'list_and_count',
  'show_settings',
  'current_time',
  'echo',
  'compare_and_diff',
  // Not the word itself
  'settings',
  'postcode',
  'address',
  'runtime_info',
  'typescript_version',
  '',
  '__proto__',
  'constructor',
  '读取',
])('%j does not write', (name) => {
  expect(writingVerb(name)).toBeUndefined();
});
