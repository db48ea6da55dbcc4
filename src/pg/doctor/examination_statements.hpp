#pragma once
// Query text of the examination. Each name has its schema, or comes from pg_catalog.

namespace latchkey::pg::statements {

/// The time comes first, since it is compared with this machine's. $role: whose rights are asked
/// for.
inline constexpr const char* examine_session =
    "select (extract(epoch from clock_timestamp()) * 1000)::bigint, pg_backend_pid(),"
    " $role, current_setting('server_version'),"
    " current_setting('synchronous_standby_names') <> ''"
    " or exists (select from pg_stat_replication),"
    " pg_has_role($role, 'pg_read_all_stats', 'USAGE')";

/// Whether the schema is there, whether this session may use it, and the grant.
inline constexpr const char* examine_schema =
    "select exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace"
    " where n.nspname = 'latchkey' and c.relname = 'schema_migrations'),"
    " coalesce((select has_schema_privilege(oid, 'USAGE') from pg_namespace"
    " where nspname = 'latchkey'), true),"
    " format('grant usage on schema latchkey to %I', current_user)";

inline constexpr const char* examine_migrations =
    "select version::text, name, checksum from latchkey.schema_migrations order by version";

/// What the manual (schema/README.md) grants, in the same order; $write_back and $role, whose
/// rights these are, are put in. Objects that are not there are not asked for: the schema's version
/// says so.
inline constexpr const char* examine_rights =
    "with needed (kind, schema_name, object, privilege) as (values"
    " ('s', 'latchkey', '', 'USAGE'),"
    " ('s', (parse_ident('public.organizations'))[1], '', 'USAGE'),"
    " ('t', 'public.organizations', '', 'SELECT'), ('t', 'public.organizations', '', 'INSERT'),"
    " ('c', 'public.organizations', '\"name\"', 'UPDATE'),"
    " ('c', 'public.organizations', '\"status\"', 'UPDATE'),"
    " ('t', 'public.device_credentials', '', 'SELECT'),"
    " ('t', 'public.device_credentials', '', 'INSERT'),"
    " ('t', 'public.device_credentials', '', 'UPDATE'),"
    " ('t', 'latchkey.api_keys', '', 'INSERT'), ('t', 'latchkey.api_keys', '', 'UPDATE'),"
    " ('t', 'latchkey.signing_keys', '', 'INSERT'), ('t', 'latchkey.signing_keys', '', 'UPDATE'),"
    " ('t', 'latchkey.roles', '', 'INSERT'), ('t', 'latchkey.roles', '', 'UPDATE'),"
    " ('t', 'latchkey.roles', '', 'DELETE'), ('t', 'latchkey.role_grants', '', 'INSERT'),"
    " ('t', 'latchkey.role_grants', '', 'DELETE'),"
    " ('t', 'latchkey.credential_use', '', 'INSERT'),"
    " ('t', 'latchkey.credential_use', '', 'UPDATE'),"
    " ('t', 'latchkey.credential_use', '', 'DELETE'),"
    " ('t', 'latchkey.usage_by_day', '', 'INSERT'), ('t', 'latchkey.usage_by_day', '', 'UPDATE'),"
    " ('t', 'latchkey.credit_accounts', '', 'INSERT'), ('t', 'latchkey.nodes', '', 'INSERT'),"
    " ('t', 'latchkey.nodes', '', 'UPDATE'), ('t', 'latchkey.nodes', '', 'DELETE'),"
    " ('t', 'latchkey.revocations', '', 'INSERT'), ('t', 'latchkey.revocations', '', 'UPDATE'),"
    " ('t', 'latchkey.revocations', '', 'DELETE'), ('t', 'latchkey.era', '', 'INSERT'),"
    " ('t', 'latchkey.idempotency_keys', '', 'INSERT'),"
    " ('t', 'latchkey.idempotency_keys', '', 'UPDATE'),"
    " ('t', 'latchkey.idempotency_keys', '', 'DELETE'), ('t', 'latchkey.eras', '', 'INSERT'),"
    " ('t', 'latchkey.changes', '', 'DELETE'), ('t', 'latchkey.feed_state', '', 'UPDATE'),"
    " ('f', 'latchkey', 'prune_changes', ''), ('f', 'latchkey', 'trigger_problem', ''),"
    " ('f', 'latchkey', 'add_signing_key', ''), ('f', 'latchkey', 'promote_signing_key', ''),"
    " ('f', 'latchkey', 'retire_signing_key', ''), ('f', 'latchkey', 'rotate_signing_key', ''),"
    " ('f', 'latchkey', 'import_devices', ''), ('f', 'latchkey', 'import_api_keys', ''),"
    " ('f', 'latchkey', 'adopt_api_keys', ''), ('f', 'latchkey', 'keep_audit_events', ''),"
    " ('f', 'latchkey', 'audit_state', ''), ('f', 'latchkey', 'record_event', ''),"
    " ('f', 'latchkey', 'reassert', ''), ('f', 'latchkey', 'leave_era', ''),"
    " ('f', 'latchkey', 'lease', ''),"
    " ('f', 'latchkey', 'lift_hold', ''), ('f', 'latchkey', 'accept_database', ''),"
    " ('f', 'latchkey', 'lease_credits', ''), ('f', 'latchkey', 'settle_credit_leases', ''),"
    " ('f', 'latchkey', 'set_credits', ''), ('f', 'latchkey', 'add_credits', ''),"
    " ('f', 'latchkey', 'remove_credits', ''), ('f', 'latchkey', 'prune_usage', '')"
    "$write_back),"
    " tables as (select c.oid, n.nspname, c.relname, format('%I.%I', n.nspname, c.relname) as shown"
    " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
    " where c.relkind in ('r', 'p') and not c.relispartition)"
    " select format('%s on schema %I', n.privilege, s.nspname),"
    " format('grant usage on schema %I to %I', s.nspname, $role)"
    " from needed n join pg_namespace s on s.nspname = n.schema_name"
    " where n.kind = 's' and not has_schema_privilege($role, s.oid, n.privilege)"
    " union all"
    " select format('%s on %s', n.privilege, t.shown),"
    " format('grant %s on %s to %I', lower(n.privilege), t.shown, $role)"
    " from needed n join tables t on t.nspname = (parse_ident(n.schema_name))[1]"
    " and t.relname = (parse_ident(n.schema_name))[2]"
    " where n.kind = 't' and not has_table_privilege($role, t.oid, n.privilege)"
    " union all"
    " select format('SELECT on %s', t.shown),"
    " format('grant select on %s to %I', t.shown, $role)"
    " from tables t where t.nspname = 'latchkey' and not has_table_privilege($role, t.oid, "
    "'SELECT')"
    " union all"
    " select format('UPDATE of %s on %s', a.attname, t.shown),"
    " format('grant update (%I) on %s to %I', a.attname, t.shown, $role)"
    " from needed n join tables t on t.nspname = (parse_ident(n.schema_name))[1]"
    " and t.relname = (parse_ident(n.schema_name))[2]"
    " join pg_attribute a on a.attrelid = t.oid and a.attname = (parse_ident(n.object))[1]"
    " where n.kind = 'c' and not has_column_privilege($role, t.oid, a.attnum, n.privilege)"
    " union all"
    " select format('EXECUTE on function %s(%s)', p.proname,"
    " pg_get_function_identity_arguments(p.oid)),"
    " format('grant execute on function latchkey.%I(%s) to %I', p.proname,"
    " pg_get_function_identity_arguments(p.oid), $role)"
    " from needed n join pg_namespace s on s.nspname = n.schema_name"
    " join pg_proc p on p.pronamespace = s.oid and p.proname = n.object"
    " where n.kind = 'f' and not has_function_privilege($role, p.oid, 'EXECUTE')";
/// Only with database.write_back = true.
inline constexpr const char* rights_to_write_back =
    ", ('c', 'public.organizations', '\"api_keys\"', 'UPDATE'),"
    " ('f', 'latchkey', 'revoke_writing_back', ''), ('f', 'latchkey', 'write_back', '')";

/// row_security_active(), for any role.
inline constexpr const char* examine_row_security =
    "select format('%I.%I', n.nspname, c.relname)"
    " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
    " join pg_roles r on r.rolname = $role"
    " where c.relkind in ('r', 'p') and c.relrowsecurity and not r.rolsuper and not r.rolbypassrls"
    " and (c.relforcerowsecurity or not pg_has_role(r.oid, c.relowner, 'USAGE'))"
    " and (n.nspname = 'latchkey'"
    " or (n.nspname, c.relname) in ("
    " ((parse_ident('public.organizations'))[1], (parse_ident('public.organizations'))[2]),"
    " ((parse_ident('public.device_credentials'))[1],"
    " (parse_ident('public.device_credentials'))[2]))) order by 1";

inline constexpr const char* examine_subscriptions =
    "select s.subname, format('%I.%I', n.nspname, c.relname), s.subenabled,"
    " n.nspname = 'latchkey'"
    " from pg_subscription_rel r join pg_subscription s on s.oid = r.srsubid"
    " join pg_class c on c.oid = r.srrelid join pg_namespace n on n.oid = c.relnamespace"
    " where n.nspname = 'latchkey' or (n.nspname, c.relname) in ("
    " ((parse_ident('public.organizations'))[1], (parse_ident('public.organizations'))[2]),"
    " ((parse_ident('public.device_credentials'))[1],"
    " (parse_ident('public.device_credentials'))[2])) order by 1, 2";

/// It notes nothing in a transaction that only reads.
inline constexpr const char* examine_triggers = "select latchkey.trigger_problem()";

inline constexpr const char* examine_holds = "select count(*) from latchkey.holds";

inline constexpr const char* examine_nodes =
    "select n.node, n.version, n.settings::text from latchkey.nodes n"
    " where n.heartbeat_at > clock_timestamp() - (n.max_staleness + interval '10 s')"
    " order by n.node, n.instance_id";

} // namespace latchkey::pg::statements
