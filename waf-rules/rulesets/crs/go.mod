// Pins the OWASP Core Rule Set. Nothing here is compiled: scripts/fetch-crs.sh lets Go download the module,
// compare it with go.sum, and copies rules and regression tests into package/, which git ignores.
module portcullis/crs

go 1.21

require github.com/corazawaf/coraza-coreruleset/v4 v4.25.0
