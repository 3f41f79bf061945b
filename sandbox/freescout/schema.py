"""Tables of the simulated help desk. Instants are ISO 8601 text in UTC, whole seconds: text order is time order."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS mailbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, email TEXT NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS folder (
  id INTEGER PRIMARY KEY AUTOINCREMENT, mailbox_id INTEGER NOT NULL, type INTEGER NOT NULL, user_id INTEGER);
CREATE TABLE IF NOT EXISTS user (
  id INTEGER PRIMARY KEY AUTOINCREMENT, first_name TEXT NOT NULL, last_name TEXT NOT NULL, email TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL, subscribed INTEGER NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS customer (
  id INTEGER PRIMARY KEY AUTOINCREMENT, first_name TEXT, last_name TEXT, company TEXT, job_title TEXT,
  photo_type TEXT,
  photo_url TEXT, notes TEXT, phones TEXT NOT NULL DEFAULT '[]', social_profiles TEXT NOT NULL DEFAULT '[]',
  websites TEXT NOT NULL DEFAULT '[]', address TEXT NOT NULL DEFAULT '{}', created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS email (
  id INTEGER PRIMARY KEY AUTOINCREMENT, customer_id INTEGER NOT NULL, value TEXT NOT NULL UNIQUE COLLATE NOCASE,
  type TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS email_customer ON email (customer_id);
CREATE TABLE IF NOT EXISTS conversation (
  id INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, mailbox_id INTEGER NOT NULL, subject TEXT NOT NULL,
  status TEXT NOT NULL,
  state TEXT NOT NULL, customer_id INTEGER, assignee_id INTEGER, created_by_customer_id INTEGER,
  created_by_user_id INTEGER,
  source_type TEXT NOT NULL, source_via TEXT NOT NULL, preview TEXT NOT NULL DEFAULT '',
  threads_count INTEGER NOT NULL DEFAULT 0,
  imported INTEGER NOT NULL, cc TEXT NOT NULL DEFAULT '[]', bcc TEXT NOT NULL DEFAULT '[]', created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL, closed_at TEXT, closed_by INTEGER, user_updated_at TEXT, last_reply_at TEXT,
  last_reply_from TEXT);
CREATE INDEX IF NOT EXISTS conversation_customer ON conversation (customer_id);
CREATE INDEX IF NOT EXISTS conversation_updated ON conversation (updated_at);
CREATE INDEX IF NOT EXISTS conversation_created ON conversation (created_at);
CREATE TABLE IF NOT EXISTS thread (
  id INTEGER PRIMARY KEY AUTOINCREMENT, conversation_id INTEGER NOT NULL, type TEXT NOT NULL,
  status TEXT NOT NULL, state TEXT NOT NULL,
  action_type TEXT NOT NULL DEFAULT '', action_text TEXT NOT NULL DEFAULT '', body TEXT NOT NULL,
  source_type TEXT NOT NULL,
  source_via TEXT NOT NULL, customer_id INTEGER, created_by_customer_id INTEGER, created_by_user_id INTEGER,
  assignee_id INTEGER,
  mail_to TEXT NOT NULL DEFAULT '[]', cc TEXT NOT NULL DEFAULT '[]', bcc TEXT NOT NULL DEFAULT '[]',
  imported INTEGER NOT NULL DEFAULT 0, meta TEXT NOT NULL DEFAULT '{}',
  created_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS thread_conversation ON thread (conversation_id);
CREATE TABLE IF NOT EXISTS attachment (
  id INTEGER PRIMARY KEY AUTOINCREMENT, thread_id INTEGER NOT NULL, file_name TEXT NOT NULL, mime_type TEXT NOT NULL,
  size INTEGER NOT NULL, token TEXT NOT NULL, embedded INTEGER NOT NULL DEFAULT 0, data BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS attachment_thread ON attachment (thread_id);
CREATE TABLE IF NOT EXISTS tag (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE COLLATE NOCASE);
CREATE TABLE IF NOT EXISTS conversation_tag (
  conversation_id INTEGER NOT NULL, tag_id INTEGER NOT NULL, PRIMARY KEY (conversation_id, tag_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS custom_field (
  id INTEGER PRIMARY KEY AUTOINCREMENT, mailbox_id INTEGER NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL,
  options TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS custom_value (
  conversation_id INTEGER NOT NULL, field_id INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (conversation_id,
  field_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS webhook (
  id INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL, events TEXT NOT NULL, mailboxes TEXT NOT NULL,
  last_run_time TEXT, last_run_error TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS mail (
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, recipient TEXT NOT NULL, subject TEXT NOT NULL,
  conversation_id INTEGER NOT NULL, error TEXT);
"""
