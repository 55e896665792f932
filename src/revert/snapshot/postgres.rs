//! PostgreSQL 13 and newer: the catalogue, in the words of its own functions (`pg_get_constraintdef`, `pg_get_indexdef`, …).
//!
//! Every query gives rows of kind, table, name, attribute, value; a NULL value is no attribute. What belongs to an extension is left to it.

use super::{LEDGER, Snapshot};
use crate::revert::throwaway::{Session, SqlFailure};

/// Schemas of the user; relations with the name that people read (without `public`).
const COMMON: &str = "WITH ns AS (SELECT oid, nspname::text AS nspname, nspacl, nspowner FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'), \
 rel AS (SELECT c.oid, c.relname::text AS relname, c.relkind, c.relowner, c.reloptions, c.relrowsecurity, c.relforcerowsecurity, c.relreplident, c.relacl, c.relpersistence, \
   CASE WHEN n.nspname = 'public' THEN c.relname::text ELSE n.nspname || '.' || c.relname END AS shown \
   FROM pg_class c JOIN ns n ON n.oid = c.relnamespace WHERE c.relname <> '_prisma_migrations' \
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')), \
 tab AS (SELECT * FROM rel WHERE relkind IN ('r', 'p', 'f')), \
 typ AS (SELECT t.*, CASE WHEN n.nspname = 'public' THEN t.typname::text ELSE n.nspname || '.' || t.typname END AS shown \
   FROM pg_type t JOIN ns n ON n.oid = t.typnamespace WHERE t.typtype IN ('e', 'd', 'c') AND (t.typrelid = 0 OR (SELECT relkind FROM pg_class r WHERE r.oid = t.typrelid) = 'c') \
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')) ";

const QUERIES: [&str; 7] = [
    // What stands alone.
    "SELECT 'extension', '', extname::text, 'version', extversion::text FROM pg_extension \
     UNION ALL SELECT 'schema', '', nspname, 'grants', (SELECT string_agg(x::text, ', ' ORDER BY x::text) FROM unnest(coalesce(nspacl, acldefault('n', nspowner))) x) FROM ns \
     UNION ALL SELECT 'enum', '', shown, 'list of values', (SELECT string_agg(enumlabel, ', ' ORDER BY enumsortorder) FROM pg_enum e WHERE e.enumtypid = typ.oid) FROM typ WHERE typtype = 'e' \
     UNION ALL SELECT 'domain', '', shown, 'definition', concat_ws(' ', format_type(typbasetype, typtypmod), CASE WHEN typnotnull THEN 'NOT NULL' END, 'DEFAULT ' || typdefault, \
       (SELECT string_agg(pg_get_constraintdef(c.oid), ' ' ORDER BY c.conname) FROM pg_constraint c WHERE c.contypid = typ.oid)) FROM typ WHERE typtype = 'd' \
     UNION ALL SELECT 'type', '', shown, 'definition', (SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute a WHERE a.attrelid = typ.typrelid AND NOT attisdropped) FROM typ WHERE typtype = 'c' \
     UNION ALL SELECT 'sequence', '', shown, 'definition', concat_ws(' ', format_type(s.seqtypid, NULL), 'start', s.seqstart, 'by', s.seqincrement, 'from', s.seqmin, 'to', s.seqmax, 'cache', s.seqcache, CASE WHEN s.seqcycle THEN 'cycle' END) \
       FROM rel JOIN pg_sequence s ON s.seqrelid = rel.oid \
     UNION ALL SELECT 'sequence', '', rel.shown, 'owner', o.relname || '.' || a.attname FROM rel JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = rel.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') \
       JOIN pg_class o ON o.oid = d.refobjid JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum = d.refobjsubid WHERE rel.relkind = 'S' \
     UNION ALL SELECT CASE relkind WHEN 'v' THEN 'view' ELSE 'materialized view' END, '', shown, 'definition', pg_get_viewdef(oid) FROM rel WHERE relkind IN ('v', 'm') \
     UNION ALL SELECT 'function', '', CASE WHEN n.nspname = 'public' THEN '' ELSE n.nspname || '.' END || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', 'definition', pg_get_functiondef(p.oid) \
       FROM pg_proc p JOIN ns n ON n.oid = p.pronamespace WHERE p.prokind IN ('f', 'p') AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')",
    // Tables.
    "SELECT 'table', '', shown, a.attribute, a.value FROM tab, LATERAL (VALUES ('kind', CASE relkind WHEN 'p' THEN 'partitioned' WHEN 'f' THEN 'foreign' ELSE 'plain' END), \
       ('persistence', relpersistence::text), ('row security', CASE WHEN relforcerowsecurity THEN 'forced' WHEN relrowsecurity THEN 'on' END), ('replica identity', relreplident::text), \
       ('storage options', array_to_string(reloptions, ', ')), ('grants', (SELECT string_agg(x::text, ', ' ORDER BY x::text) FROM unnest(coalesce(relacl, acldefault('r', relowner))) x)), ('comment', obj_description(oid, 'pg_class')), \
       ('owning role', relowner::regrole::text), ('parents', (SELECT string_agg(inhparent::regclass::text, ', ' ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = tab.oid)), \
       ('triggers of foreign keys', (SELECT 'off: ' || string_agg(c.conname, ', ' ORDER BY c.conname) FROM pg_trigger t JOIN pg_constraint c ON c.oid = t.tgconstraint WHERE t.tgrelid = tab.oid AND t.tgisinternal AND t.tgenabled = 'D')), \
       ('partition bound', (SELECT pg_get_expr(relpartbound, c.oid) FROM pg_class c WHERE c.oid = tab.oid))) a(attribute, value)",
    // Columns.
    "SELECT 'column', shown, t.attname::text, a.attribute, a.value FROM tab JOIN pg_attribute t ON t.attrelid = tab.oid AND t.attnum > 0 AND NOT t.attisdropped \
       JOIN pg_type y ON y.oid = t.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = t.attrelid AND d.adnum = t.attnum, \
       LATERAL (VALUES ('type', format_type(t.atttypid, t.atttypmod)), ('nullability', CASE WHEN t.attnotnull THEN 'NOT NULL' ELSE 'NULL' END), \
       ('default', CASE WHEN t.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END), ('expression', CASE WHEN t.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END), \
       ('identity', CASE t.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END), \
       ('collation', CASE WHEN t.attcollation <> y.typcollation THEN (SELECT collname::text FROM pg_collation c WHERE c.oid = t.attcollation) END), \
       ('grants', (SELECT string_agg(x::text, ', ' ORDER BY x::text) FROM unnest(t.attacl) x)), ('comment', col_description(t.attrelid, t.attnum)), \
       ('storage', CASE WHEN t.attstorage <> y.typstorage THEN t.attstorage::text END), ('statistics target', nullif(t.attstattarget, -1)::text), \
       ('options', array_to_string(t.attoptions, ', '))) a(attribute, value)",
    // What belongs to tables.
    "SELECT CASE c.contype WHEN 'p' THEN 'primary key' WHEN 'f' THEN 'foreign key' WHEN 'u' THEN 'unique key' WHEN 'c' THEN 'check' ELSE 'exclusion constraint' END, shown, c.conname::text, a.attribute, a.value \
       FROM tab JOIN pg_constraint c ON c.conrelid = tab.oid AND c.contype IN ('p', 'f', 'u', 'c', 'x'), \
       LATERAL (VALUES ('definition', pg_get_constraintdef(c.oid)), ('comment', obj_description(c.oid, 'pg_constraint')), \
         ('use', CASE WHEN c.contype <> 'f' THEN (SELECT nullif(concat_ws(', ', CASE WHEN x.indisclustered THEN 'clustered' END, CASE WHEN x.indisreplident THEN 'replica identity' END, CASE WHEN NOT x.indisvalid THEN 'not valid' END), '') FROM pg_index x WHERE x.indexrelid = c.conindid) END)) a(attribute, value) \
     UNION ALL SELECT 'index', rel.shown, i.relname::text, a.attribute, a.value FROM rel JOIN pg_index x ON x.indrelid = rel.oid JOIN pg_class i ON i.oid = x.indexrelid, \
       LATERAL (VALUES ('definition', pg_get_indexdef(x.indexrelid)), ('validity', CASE WHEN x.indisvalid THEN 'valid' ELSE 'not valid' END), ('comment', obj_description(i.oid, 'pg_class')), \
         ('use', nullif(concat_ws(', ', CASE WHEN x.indisclustered THEN 'clustered' END, CASE WHEN x.indisreplident THEN 'replica identity' END), ''))) a(attribute, value) \
       WHERE NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = x.indexrelid AND c.contype IN ('p', 'u', 'x')) \
     UNION ALL SELECT 'trigger', rel.shown, t.tgname::text, a.attribute, a.value FROM rel JOIN pg_trigger t ON t.tgrelid = rel.oid AND NOT t.tgisinternal, \
       LATERAL (VALUES ('definition', pg_get_triggerdef(t.oid)), ('state', t.tgenabled::text), ('comment', obj_description(t.oid, 'pg_trigger'))) a(attribute, value) \
     UNION ALL SELECT 'rule', rel.shown, r.rulename::text, 'definition', pg_get_ruledef(r.oid) FROM rel JOIN pg_rewrite r ON r.ev_class = rel.oid AND r.rulename <> '_RETURN' \
     UNION ALL SELECT 'policy', shown, p.polname::text, 'comment', obj_description(p.oid, 'pg_policy') FROM tab JOIN pg_policy p ON p.polrelid = tab.oid \
     UNION ALL SELECT 'policy', shown, p.polname::text, 'definition', concat_ws(' ', p.polcmd, p.polpermissive, (SELECT string_agg(coalesce(r.rolname, 'public')::text, ', ' ORDER BY 1) FROM unnest(p.polroles) u LEFT JOIN pg_roles r ON r.oid = u), \
       'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid)) FROM tab JOIN pg_policy p ON p.polrelid = tab.oid",
    // What is said of, and granted on, everything that is no table.
    "SELECT k.kind, '', shown, a.attribute, a.value FROM rel, \
       LATERAL (VALUES (CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' END)) k(kind), \
       LATERAL (VALUES ('grants', (SELECT string_agg(x::text, ', ' ORDER BY x::text) FROM unnest(coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's'::\"char\" ELSE 'r'::\"char\" END, relowner))) x)), ('comment', obj_description(oid, 'pg_class')), ('owning role', relowner::regrole::text), ('options', array_to_string(reloptions, ', ')), ('columns', CASE WHEN relkind <> 'S' THEN \
         (SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute t WHERE t.attrelid = rel.oid AND attnum > 0 AND NOT attisdropped) END)) a(attribute, value) WHERE relkind IN ('v', 'm', 'S') \
     UNION ALL SELECT CASE typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' ELSE 'type' END, '', shown, a.attribute, a.value FROM typ, \
       LATERAL (VALUES ('grants', (SELECT string_agg(x::text, ', ' ORDER BY x::text) FROM unnest(coalesce(typacl, acldefault('T', typowner))) x)), ('comment', obj_description(oid, 'pg_type')), ('owning role', typowner::regrole::text)) a(attribute, value) \
     UNION ALL SELECT 'function', '', CASE WHEN n.nspname = 'public' THEN '' ELSE n.nspname || '.' END || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', a.attribute, a.value \
       FROM pg_proc p JOIN ns n ON n.oid = p.pronamespace, LATERAL (VALUES ('grants', (SELECT string_agg(x::text, ', ' ORDER BY x::text) FROM unnest(coalesce(p.proacl, acldefault('f', p.proowner))) x)), ('comment', obj_description(p.oid, 'pg_proc')), ('owning role', p.proowner::regrole::text)) a(attribute, value) \
       WHERE p.prokind IN ('f', 'p') AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e') \
     UNION ALL SELECT 'schema', '', nspname, 'comment', obj_description(oid, 'pg_namespace') FROM ns",
    // Rare things.
    "SELECT 'aggregate', '', p.oid::regprocedure::text, 'definition', concat_ws(' ', g.aggtransfn, g.aggfinalfn, format_type(g.aggtranstype, NULL), g.agginitval) FROM pg_proc p JOIN ns n ON n.oid = p.pronamespace JOIN pg_aggregate g ON g.aggfnoid = p.oid \
       WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e') \
     UNION ALL SELECT 'statistics object', '', s.stxname::text, 'definition', pg_get_statisticsobjdef(s.oid) FROM pg_statistic_ext s JOIN ns n ON n.oid = s.stxnamespace \
     UNION ALL SELECT 'collation', '', c.collname::text, 'definition', concat_ws(' ', c.collprovider, c.collcollate, c.collctype, c.collisdeterministic) FROM pg_collation c JOIN ns n ON n.oid = c.collnamespace \
     UNION ALL SELECT 'event trigger', '', e.evtname::text, 'definition', concat_ws(' ', e.evtevent, e.evtenabled, e.evtfoid::regproc, array_to_string(e.evttags, ',')) FROM pg_event_trigger e \
     UNION ALL SELECT 'publication', '', p.pubname::text, 'definition', concat_ws(' ', p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate, (SELECT string_agg(r.prrelid::regclass::text, ', ' ORDER BY 1) FROM pg_publication_rel r WHERE r.prpubid = p.oid)) FROM pg_publication p \
     UNION ALL SELECT 'default privileges', '', concat_ws(' ', d.defaclrole::regrole, nullif(d.defaclnamespace, 0)::regnamespace, d.defaclobjtype), 'grants', d.defaclacl::text FROM pg_default_acl d",
    "SELECT 'column order', shown, '', '', (SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute t WHERE t.attrelid = tab.oid AND t.attnum > 0 AND NOT t.attisdropped) FROM tab",
];

pub(super) fn take(session: &mut dyn Session) -> Result<Snapshot, SqlFailure> {
    let mut snapshot = Snapshot::default();
    for query in QUERIES {
        for row in session.query(&format!("{COMMON} {query}"))? {
            let mut cells = row.into_iter();
            let [kind, of, name, attribute] = std::array::from_fn(|_| cells.next().flatten().unwrap_or_default());
            let value = cells.next().flatten();
            if of == LEDGER {
                continue;
            }
            if kind == "column order" {
                snapshot.order.insert(of, value.unwrap_or_default());
                continue;
            }
            let object = snapshot.put(&kind, &of, &name);
            if let Some(value) = value {
                object.insert(attribute, value);
            }
        }
    }
    Ok(snapshot)
}
