-- Who is signed in. Not of the chain: no reorg touches these tables, and `reindex` leaves them alone. Only the API's own role writes
-- and reads them; those who read for callers (chartkey_reader) cannot see them.

-- What was handed out to be signed and has not come back yet. Taken at the first try, whatever comes of it.
create table sign_in_nonce (
    nonce      text        primary key check (nonce ~ '^[A-Za-z0-9]{8,64}$'),
    expires_at timestamptz not null
);
create index sign_in_nonce_expires on sign_in_nonce (expires_at);

-- Who holds the token with this hash is the account, until then. Signing out deletes the row.
create table session (
    token_hash bytea       primary key check (octet_length(token_hash) = 32),
    account    bytea       not null check (octet_length(account) = 20),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    constraint session_is_short check (expires_at <= created_at + interval '1 day')
);
create index session_expires on session (expires_at);

-- The update is for `select … for update skip locked`, by which several instances sweep side by side.
grant select, insert, delete, update (expires_at) on sign_in_nonce to chartkey_api;
grant select, insert (token_hash, account, expires_at), delete, update (expires_at) on session to chartkey_api;
-- What is signed names the chain.
grant select (chain_id) on deployment to chartkey_api;
