//! Directives of other engines that have no part in what this one does: taken where leaving them out weakens nothing,
//! else refused.

use super::Shape;

const LINKS: &str = "the gateway does not sign links";
const LIMITS: &str = "use the gateway's own `limits`; they hold before any rule runs";

pub(super) const ELSEWHERE: &[(&str, Shape)] = &[
    ("SecArgumentSeparator", Shape::Only(&["&"], "arguments are separated by `&`")),
    ("SecCacheTransformations", Shape::Accepted),
    ("SecChrootDir", Shape::Accepted),
    ("SecConnEngine", Shape::Only(&["Off"], LIMITS)),
    ("SecConnReadStateLimit", Shape::Refused(LIMITS)),
    ("SecConnWriteStateLimit", Shape::Refused(LIMITS)),
    ("SecContentInjection", Shape::Only(&["Off"], "bodies are not rewritten by rules")),
    ("SecCookieFormat", Shape::Only(&["0"], "cookies are read as RFC 6265 writes them")),
    ("SecCookieV0Separator", Shape::Only(&[";"], "cookies are separated by `;`")),
    ("SecDisableBackendCompression", Shape::Accepted),
    ("SecGsbLookupDb", Shape::Accepted),
    ("SecGuardianLog", Shape::Accepted),
    ("SecHashEngine", Shape::Only(&["Off"], LINKS)),
    ("SecHashKey", Shape::Accepted),
    ("SecHashMethodPm", Shape::Accepted),
    ("SecHashMethodRx", Shape::Accepted),
    ("SecHashParam", Shape::Accepted),
    ("SecHttpBlKey", Shape::Accepted),
    (
        "SecIgnoreRuleCompilationErrors",
        Shape::Only(&["Off"], "a rule with an error is never left out: nobody would miss it"),
    ),
    ("SecInterceptOnError", Shape::Accepted),
    (
        "SecParseXmlIntoArgs",
        Shape::Only(&["Off"], "look at XML:/* and XML://@*, as the Core Rule Set does"),
    ),
    ("SecReadStateLimit", Shape::Refused(LIMITS)),
    ("SecRemoteRulesFailAction", Shape::Accepted),
    (
        "SecRequestEncoding",
        Shape::Refused("bodies are read as bytes; a part's own charset is decoded"),
    ),
    ("SecRuleInheritance", Shape::Refused("name the rule set where it is to run")),
    ("SecRulePerfTime", Shape::Accepted),
    ("SecStreamInBodyInspection", Shape::Only(&["Off"], "use REQUEST_BODY")),
    ("SecStreamOutBodyInspection", Shape::Only(&["Off"], "use RESPONSE_BODY")),
    ("SecTmpSaveUploadedFiles", Shape::Accepted),
    ("SecUnicodeCodePage", Shape::Only(&["20127"], CODE_PAGE)),
    ("SecUnicodeMap", Shape::Only(&["20127"], CODE_PAGE)),
    ("SecUnicodeMapFile", Shape::Only(&["20127"], CODE_PAGE)),
    ("SecWriteStateLimit", Shape::Refused(LIMITS)),
    ("SecXmlExternalEntity", Shape::Only(&["Off"], "external entities are never read")),
];

const CODE_PAGE: &str = "t:urlDecodeUni fits code points as code page 20127 does, and no other";
