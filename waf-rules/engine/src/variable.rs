//! The variables rules may name.

mod refused;

pub(crate) use refused::REFUSED;

/// How the values of a variable are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One value.
    Single,
    /// Values under keys.
    Collection,
    /// The keys of a collection, as values.
    Names,
}

macro_rules! variables {
    ($($variant:ident $name:literal $kind:ident,)*) => {
        /// A SecLang variable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Variable { $($variant,)* }

        impl Variable {
            const ALL: &[Self] = &[$(Self::$variant,)*];
            /// Every name, in the order of the variants.
            pub(crate) const NAMES: &[&'static str] = &[$($name,)*];

            /// Name in rule text, upper case.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            pub(crate) const fn kind(self) -> Kind {
                match self { $(Self::$variant => Kind::$kind,)* }
            }
        }
    };
}

variables! {
    Args "ARGS" Collection,
    ArgsNames "ARGS_NAMES" Names,
    ArgsGet "ARGS_GET" Collection,
    ArgsGetNames "ARGS_GET_NAMES" Names,
    ArgsPost "ARGS_POST" Collection,
    ArgsPostNames "ARGS_POST_NAMES" Names,
    ArgsPath "ARGS_PATH" Collection,
    ArgsCombinedSize "ARGS_COMBINED_SIZE" Single,
    RequestLine "REQUEST_LINE" Single,
    RequestMethod "REQUEST_METHOD" Single,
    RequestProtocol "REQUEST_PROTOCOL" Single,
    RequestUri "REQUEST_URI" Single,
    RequestUriRaw "REQUEST_URI_RAW" Single,
    RequestFilename "REQUEST_FILENAME" Single,
    RequestBasename "REQUEST_BASENAME" Single,
    QueryString "QUERY_STRING" Single,
    RequestBody "REQUEST_BODY" Single,
    RequestBodyLength "REQUEST_BODY_LENGTH" Single,
    RequestHeaders "REQUEST_HEADERS" Collection,
    RequestHeadersNames "REQUEST_HEADERS_NAMES" Names,
    RequestCookies "REQUEST_COOKIES" Collection,
    RequestCookiesNames "REQUEST_COOKIES_NAMES" Names,
    RequestXml "REQUEST_XML" Collection,
    Xml "XML" Collection,
    ResponseXml "RESPONSE_XML" Collection,
    ResponseArgs "RESPONSE_ARGS" Collection,
    ResponseStatus "RESPONSE_STATUS" Single,
    ResponseProtocol "RESPONSE_PROTOCOL" Single,
    ResponseHeaders "RESPONSE_HEADERS" Collection,
    ResponseHeadersNames "RESPONSE_HEADERS_NAMES" Names,
    ResponseBody "RESPONSE_BODY" Single,
    ResponseContentType "RESPONSE_CONTENT_TYPE" Single,
    ResponseContentLength "RESPONSE_CONTENT_LENGTH" Single,
    StatusLine "STATUS_LINE" Single,
    RemoteAddr "REMOTE_ADDR" Single,
    RemotePort "REMOTE_PORT" Single,
    RemoteHost "REMOTE_HOST" Single,
    ServerAddr "SERVER_ADDR" Single,
    ServerName "SERVER_NAME" Single,
    ServerPort "SERVER_PORT" Single,
    AuthType "AUTH_TYPE" Single,
    RemoteUser "REMOTE_USER" Single,
    PathInfo "PATH_INFO" Single,
    FullRequest "FULL_REQUEST" Single,
    Json "JSON" Collection,
    Files "FILES" Collection,
    FilesNames "FILES_NAMES" Collection,
    FilesSizes "FILES_SIZES" Collection,
    FilesTmpContent "FILES_TMP_CONTENT" Collection,
    FilesCombinedSize "FILES_COMBINED_SIZE" Single,
    MultipartPartHeaders "MULTIPART_PART_HEADERS" Collection,
    MultipartStrictError "MULTIPART_STRICT_ERROR" Single,
    MultipartUnmatchedBoundary "MULTIPART_UNMATCHED_BOUNDARY" Single,
    MultipartBoundaryQuoted "MULTIPART_BOUNDARY_QUOTED" Single,
    MultipartBoundaryWhitespace "MULTIPART_BOUNDARY_WHITESPACE" Single,
    MultipartDataBefore "MULTIPART_DATA_BEFORE" Single,
    MultipartDataAfter "MULTIPART_DATA_AFTER" Single,
    MultipartHeaderFolding "MULTIPART_HEADER_FOLDING" Single,
    MultipartLfLine "MULTIPART_LF_LINE" Single,
    MultipartCrlfLfLines "MULTIPART_CRLF_LF_LINES" Single,
    MultipartMissingSemicolon "MULTIPART_MISSING_SEMICOLON" Single,
    MultipartInvalidQuoting "MULTIPART_INVALID_QUOTING" Single,
    MultipartInvalidPart "MULTIPART_INVALID_PART" Single,
    MultipartInvalidHeaderFolding "MULTIPART_INVALID_HEADER_FOLDING" Single,
    MultipartFileLimitExceeded "MULTIPART_FILE_LIMIT_EXCEEDED" Single,
    MultipartName "MULTIPART_NAME" Collection,
    MultipartFilename "MULTIPART_FILENAME" Collection,
    ReqbodyError "REQBODY_ERROR" Single,
    ReqbodyErrorMsg "REQBODY_ERROR_MSG" Single,
    ReqbodyProcessor "REQBODY_PROCESSOR" Single,
    ReqbodyProcessorError "REQBODY_PROCESSOR_ERROR" Single,
    ReqbodyProcessorErrorMsg "REQBODY_PROCESSOR_ERROR_MSG" Single,
    ResBodyError "RES_BODY_ERROR" Single,
    ResBodyErrorMsg "RES_BODY_ERROR_MSG" Single,
    ResBodyProcessor "RES_BODY_PROCESSOR" Single,
    ResBodyProcessorError "RES_BODY_PROCESSOR_ERROR" Single,
    ResBodyProcessorErrorMsg "RES_BODY_PROCESSOR_ERROR_MSG" Single,
    InboundDataError "INBOUND_DATA_ERROR" Single,
    OutboundDataError "OUTBOUND_DATA_ERROR" Single,
    UrlencodedError "URLENCODED_ERROR" Single,
    FullRequestLength "FULL_REQUEST_LENGTH" Single,
    MatchedVar "MATCHED_VAR" Single,
    MatchedVarName "MATCHED_VAR_NAME" Single,
    MatchedVars "MATCHED_VARS" Collection,
    MatchedVarsNames "MATCHED_VARS_NAMES" Names,
    Tx "TX" Collection,
    Ip "IP" Collection,
    Session "SESSION" Collection,
    Global "GLOBAL" Collection,
    User "USER" Collection,
    Resource "RESOURCE" Collection,
    Sessionid "SESSIONID" Single,
    Userid "USERID" Single,
    Webappid "WEBAPPID" Single,
    Rule "RULE" Collection,
    Env "ENV" Collection,
    Geo "GEO" Collection,
    UniqueId "UNIQUE_ID" Single,
    HighestSeverity "HIGHEST_SEVERITY" Single,
    Duration "DURATION" Single,
    Time "TIME" Single,
    TimeDay "TIME_DAY" Single,
    TimeEpoch "TIME_EPOCH" Single,
    TimeHour "TIME_HOUR" Single,
    TimeMin "TIME_MIN" Single,
    TimeMon "TIME_MON" Single,
    TimeSec "TIME_SEC" Single,
    TimeWday "TIME_WDAY" Single,
    TimeYear "TIME_YEAR" Single,
}

/// Other names.
pub(crate) const ALIASES: &[(&str, Variable)] =
    &[("MULTIPART_SEMICOLON_MISSING", Variable::MultipartMissingSemicolon)];

impl Variable {
    /// Finds a variable by its name, in any case.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        if let Some((_, variable)) = ALIASES.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)) {
            return Some(*variable);
        }
        let at = Self::NAMES.iter().position(|known| known.eq_ignore_ascii_case(name))?;
        Self::ALL.get(at).copied()
    }

    /// Position for tables with one entry a variable.
    pub(crate) const fn index(self) -> usize {
        self as usize
    }

    /// How many variables there are.
    pub(crate) const COUNT: usize = Self::NAMES.len();

    /// Whether the variable is about the time of being asked.
    pub(crate) const fn tells_time(self) -> bool {
        matches!(
            self,
            Self::Duration
                | Self::Time
                | Self::TimeDay
                | Self::TimeEpoch
                | Self::TimeHour
                | Self::TimeMin
                | Self::TimeMon
                | Self::TimeSec
                | Self::TimeWday
                | Self::TimeYear
        )
    }

    /// Whether `XML:/*` and `XML://@*` select among its values.
    pub(crate) const fn takes_xpath(self) -> bool {
        matches!(self, Self::Xml | Self::RequestXml | Self::ResponseXml)
    }
}
