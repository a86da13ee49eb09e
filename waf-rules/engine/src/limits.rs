//! Every limit of the compiler and of a transaction, with its unit in the name.

/// Files one rule set may include, directly or through other files.
pub const MAX_FILES: usize = 4_096;
/// Depth of `Include` in `Include`.
pub const MAX_INCLUDE_DEPTH: usize = 16;
/// Rules (chain links counted one by one) of one rule set.
pub const MAX_RULES: usize = 100_000;
/// Links of one chain.
pub const MAX_CHAIN_LINKS: usize = 32;
/// Problems reported before the compiler gives up.
pub const MAX_DIAGNOSTICS: usize = 100;
/// Parts of one kind (patterns, phrase lists, schemas, descriptions of rules) that rule sets find again in each other;
/// beyond it they are made anew.
pub const MAX_SHARED_PARTS: usize = 1 << 18;
/// Gates that rule sets find again in each other.
pub const MAX_SHARED_GATES: usize = 256;
/// Patterns and lists that a shared gate may know beside those a rule set needs: each costs every value a little.
pub const MAX_NEEDLESS_MATCHERS: usize = 24;
/// Patterns and lists that a rule set brings to a shared gate; with more it gets a gate of its own.
pub const MAX_OWN_MATCHERS: usize = 32;
/// Bytes of one logical line (continuations joined).
pub const MAX_LINE_BYTES: usize = 1 << 20;
/// Bytes a compiled pattern may take.
pub const MAX_PATTERN_BYTES: usize = 32 << 20;
/// Bytes of states that one thread keeps of a pattern in one direction. They are the pattern's, whichever rule sets have
/// it, and come as values ask for them; a pattern that thrashes them is matched without.
pub const MAX_PATTERN_CACHE_BYTES: usize = 2 << 20;
/// Bytes of such states of all patterns that one thread keeps; beyond it all are dropped, and come again as values ask
/// for them. The regression tests of the Core Rule Set at paranoia level 4 leave 48 MB.
pub const MAX_PATTERN_CACHES_BYTES: usize = 128 << 20;
/// Bytes to which the gate cuts literals: more make the automaton larger, not much more precise.
pub const MAX_GATE_LITERAL_BYTES: usize = 8;
/// Literals one pattern may need in the gate; beyond it costs more than it saves.
pub const MAX_GATE_LITERALS: usize = 3_000;
/// Alternatives of one pattern in the gate.
pub const MAX_GATE_BRANCHES: usize = 256;
/// Sets of bytes the gate keeps for one alternative, the rarest ones.
pub const MAX_GATE_SETS: usize = 4;
/// Groups of literals of one alternative in the gate.
pub const MAX_GATE_GROUPS: usize = 3;
/// Literals of a group that only makes another one of the gate more precise.
pub const MAX_GATE_ADDED_LITERALS: usize = 100;
/// Bytes of a literal that is still crossed with what follows it in a pattern.
pub const MAX_SPELT_OUT_BYTES: usize = 24;
/// Literals that a part of a pattern is spelt out as, for the gate.
pub const MAX_SPELT_OUT: usize = 400;
/// Literals of two parts crossed that both have several.
pub const MAX_SPELT_OUT_MUTUALLY: usize = 64;
/// Members of a class that is spelt out.
pub const MAX_SPELT_OUT_CLASS: usize = 5;
/// Copies of a repetition that are spelt out.
pub const MAX_SPELT_OUT_REPETITION: u32 = 3;
/// Checks of neighbours that a scan of the gate has for each byte of the value, before they are no longer asked for: where
/// literals are all a value consists of, asking again and again must not cost more than trying the patterns.
pub const MAX_GATE_CHECKS_PER_BYTE: usize = 4;
/// Checks of neighbours that a scan of any value has.
pub const MIN_GATE_CHECKS: usize = 256;
/// Nesting of groups in a pattern.
pub const MAX_PATTERN_NESTING: u32 = 200;
/// Steps back that one attempt of a pattern with lookaround or backreferences may take.
pub const MAX_BACKTRACKING_STEPS: usize = 10_000;
/// Bytes that all attempts of such a pattern may look at in one value, counted as if each went to the end of it.
pub const MAX_BACKTRACKING_WORK_BYTES: usize = 1 << 27;
/// Values `TX.0` to `TX.9` that a match captures.
pub const MAX_CAPTURES: usize = 10;
/// Values that all matches of `@rxGlobal` together capture, from `TX.0` on.
pub const MAX_GLOBAL_CAPTURES: usize = 100;
/// Bytes that `@verifyCC` and its like look at for overlapping candidates, as a multiple of the value's bytes.
pub const MAX_IDENTIFIER_SCAN_FACTOR: usize = 64;
/// Bytes of one schema of `@validateSchema`.
pub const MAX_SCHEMA_BYTES: usize = 1 << 20;
/// Bytes of JSON that `@validateSchema` checks; more violates every schema. Parsed it takes some thirty times as much.
pub const MAX_SCHEMA_INPUT_BYTES: usize = 1 << 20;
/// Bytes of a string that a schema calls a regular expression.
pub const MAX_SCHEMA_REGEX_BYTES: usize = 4 << 10;
/// Lines of all `SecDataset`s of one rule set.
pub const MAX_DATASET_LINES: usize = 1_000_000;

/// Arguments of one request (query, body and uploads counted together) where `SecArgumentsLimit` says nothing else.
pub const DEFAULT_ARGUMENTS: usize = 1_000;
/// Bytes of request body inspected where `SecRequestBodyLimit` says nothing else.
pub const DEFAULT_REQUEST_BODY_BYTES: usize = 128 << 10;
/// Bytes of response body inspected where `SecResponseBodyLimit` says nothing else.
pub const DEFAULT_RESPONSE_BODY_BYTES: usize = 512 << 10;
/// Nesting of a JSON body where `SecRequestBodyJsonDepthLimit` says nothing else.
pub const DEFAULT_JSON_DEPTH: usize = 1_024;

/// Records of persistent collections kept in memory, all collections and rule sets together.
pub const MAX_RECORDS: usize = 200_000;
/// Variables of one record of a persistent collection.
pub const MAX_RECORD_VARIABLES: usize = 256;
/// Bytes of one record of a persistent collection, its key included.
pub const MAX_RECORD_BYTES: usize = 64 << 10;
/// Bytes of all records of persistent collections.
pub const MAX_RECORDS_BYTES: usize = 128 << 20;
/// Parts that records in memory are spread over; each has a lock of its own.
pub const RECORD_SHARDS: usize = 32;
/// Seconds after its last change that a record is kept where `SecCollectionTimeout` says nothing else.
pub const DEFAULT_RECORD_SECONDS: u64 = 3_600;
/// Entries of `ARGS_PATH`.
pub const MAX_PATH_ARGUMENTS: usize = 1_000;

/// Request and response headers, each.
pub const MAX_HEADERS: usize = 1_000;
/// Entries of one collection that is filled from a body (parts, text nodes, leaves).
pub const MAX_BODY_ENTRIES: usize = 20_000;
/// How many times its own size a JSON body may take when each value stands under its whole path, beyond
/// [`MAX_JSON_FREE_BYTES`]: one long key above many values would otherwise be inspected once a value.
pub const MAX_JSON_GROWTH: usize = 4;
/// Bytes that any flattened JSON body may take.
pub const MAX_JSON_FREE_BYTES: usize = 128 << 10;
/// Variables in `TX` beside those that rules name.
pub const MAX_TX_VARIABLES: usize = 4_096;
/// Rule matches a transaction keeps for its reader; scores go on counting.
pub const MAX_KEPT_MATCHES: usize = 256;
/// Matched values one kept rule match lists.
pub const MAX_KEPT_VALUES: usize = 8;
/// Values `MATCHED_VARS` holds while one rule is evaluated: more than all collections of a request hold together, or
/// a chain would not see what stands behind a thousand decoys.
pub const MAX_MATCHED_VARS: usize = 100_000;
/// Bytes of a matched value in a rule match.
pub const MAX_EXCERPT_BYTES: usize = 256;
/// Bytes one message, log datum, `setvar` or operator argument may grow to when its macros are expanded.
pub const MAX_EXPANSION_BYTES: usize = 16 << 10;
/// Bytes of all values of one transaction, transformed ones included.
pub const MAX_TRANSACTION_BYTES: usize = 512 << 20;
/// Bytes of working memory that a thread keeps from one transaction to the next.
pub const MAX_IDLE_WORKSPACE_BYTES: usize = 4 << 20;
/// Values of earlier exchanges that a thread remembers, with what they can match where they stood.
pub const MAX_REMEMBERED_VALUES: usize = 4_096;
/// Bytes of one of them, and of its name: longer ones seldom come again.
pub const MAX_REMEMBERED_VALUE_BYTES: usize = 512;
/// Bytes of all of them.
pub const MAX_REMEMBERED_BYTES: usize = 256 << 10;
/// Conditions that all of them fulfil.
pub const MAX_REMEMBERED_MARKS: usize = 16_384;
/// Working memories that a thread keeps.
pub const MAX_IDLE_WORKSPACES: usize = 16;
/// Names and values that `sanitise...` actions hide in one transaction; with more, every value is hidden.
pub const MAX_SANITISED: usize = 256;
/// Nesting of JSON in a parameter or cookie that is opened; deeper JSON stays as it came.
pub const MAX_EMBEDDED_JSON_DEPTH: usize = 32;
/// Leaves of JSON in a parameter or cookie that is opened; JSON with more stays as it came.
pub const MAX_EMBEDDED_JSON_LEAVES: usize = 1_000;
/// Bytes of `FULL_REQUEST`; more is cut and shows in `INBOUND_DATA_ERROR`.
pub const MAX_FULL_REQUEST_BYTES: usize = 1 << 20;
/// Parts with a file name of one body where `SecUploadFileLimit` says nothing else.
pub const DEFAULT_UPLOAD_FILES: usize = 100;
/// Bytes of all values that `sanitise...` actions hide in one transaction; with more, every value is hidden.
pub const MAX_SANITISED_BYTES: usize = 16 << 10;
/// Run-time target exclusions (`ctl:ruleRemoveTarget...`) of one transaction.
pub const MAX_REMOVED_TARGETS: usize = 1_000;
