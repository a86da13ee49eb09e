//! Names that can run a script: tags, attributes, events. NUL bytes inside a name do not count, because
//! old browsers ignore them.

/// What an attribute does with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attribute {
    /// Runs it, whatever it is.
    Script,
    /// Fetches it.
    Url,
    /// Styles by it, which runs scripts in old browsers.
    Style,
    /// Takes it for the name of another attribute.
    Indirect,
}

/// The start of a name in upper case, without NUL bytes.
pub(super) struct Name<const N: usize> {
    bytes: [u8; N],
    length: usize,
    /// The name was longer.
    cut: bool,
}

impl<const N: usize> Name<N> {
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

pub(super) fn normalise<const N: usize>(name: &[u8]) -> Name<N> {
    let mut found = Name { bytes: [0; N], length: 0, cut: false };
    for byte in name.iter().filter(|&&b| b != 0) {
        match found.bytes.get_mut(found.length) {
            Some(place) => *place = byte.to_ascii_uppercase(),
            None => {
                found.cut = true;
                break;
            }
        }
        found.length += 1;
    }
    found
}

/// Longer than every name below.
const NAME_BYTES: usize = 56;

const TAGS: &[&[u8]] = &[
    b"APPLET",
    b"BASE",
    b"COMMENT",
    b"EMBED",
    b"FRAME",
    b"FRAMESET",
    b"HANDLER",
    b"IFRAME",
    b"IMPORT",
    b"ISINDEX",
    b"LINK",
    b"LISTENER",
    b"META",
    b"NOSCRIPT",
    b"OBJECT",
    b"SCRIPT",
    b"STYLE",
    b"VMLFRAME",
    b"XML",
    b"XSS",
];

/// True for a tag that runs or fetches something, and for all of SVG and XSL.
pub(super) fn is_tag(name: &[u8]) -> bool {
    let name = normalise::<NAME_BYTES>(name);
    let upper = name.as_bytes();
    upper.starts_with(b"SVG")
        || upper.starts_with(b"XSL")
        || !name.cut && TAGS.binary_search(&upper).is_ok()
}

/// Attributes by name, in order.
const ATTRIBUTES: &[(&[u8], Attribute)] = &[
    (b"ACTION", Attribute::Url),
    (b"ATTRIBUTENAME", Attribute::Indirect),
    (b"BACKGROUND", Attribute::Url),
    (b"BY", Attribute::Url),
    (b"DATAFORMATAS", Attribute::Script),
    (b"DATASRC", Attribute::Script),
    (b"DYNSRC", Attribute::Url),
    (b"FILTER", Attribute::Style),
    (b"FOLDER", Attribute::Url),
    (b"FORMACTION", Attribute::Url),
    (b"FROM", Attribute::Url),
    (b"HANDLER", Attribute::Url),
    (b"HREF", Attribute::Url),
    (b"LOWSRC", Attribute::Url),
    (b"POSTER", Attribute::Url),
    (b"SRC", Attribute::Url),
    (b"STYLE", Attribute::Style),
    (b"TO", Attribute::Url),
    (b"VALUES", Attribute::Url),
    (b"XLINK:HREF", Attribute::Url),
];

/// What an attribute of this name does, if it can run anything.
pub(super) fn attribute(name: &[u8]) -> Option<Attribute> {
    // Most names can be told by their first byte.
    if !name.first().is_some_and(|&first| first == 0 || may_start(first)) {
        return None;
    }
    let name = normalise::<NAME_BYTES>(name);
    let upper = name.as_bytes();
    // XMLNS can make arbitrary tags.
    let namespace = upper.starts_with(b"XMLNS") || upper.starts_with(b"XLINK");
    if namespace || upper.strip_prefix(b"ON").is_some_and(starts_with_event) {
        return Some(Attribute::Script);
    }
    if name.cut {
        return None;
    }
    let at = ATTRIBUTES.binary_search_by(|(known, _)| (*known).cmp(upper)).ok()?;
    ATTRIBUTES.get(at).map(|&(_, attribute)| attribute)
}

/// True for the first byte of an attribute that can run something.
fn may_start(byte: u8) -> bool {
    matches!(
        byte.to_ascii_uppercase(),
        b'A' | b'B' | b'D' | b'F' | b'H' | b'L' | b'O' | b'P' | b'S' | b'T' | b'V' | b'X'
    )
}

/// True when an event is a prefix of `name`. No event of the list is the prefix of another, so only the
/// last one before `name` can be it.
fn starts_with_event(name: &[u8]) -> bool {
    let after = EVENTS.partition_point(|&event| event <= name);
    let before = after.checked_sub(1).and_then(|at| EVENTS.get(at));
    before.is_some_and(|event| name.starts_with(event))
}

/// Events in order: those of WebKit's list, of libinjection, and of other browsers. One that starts with
/// another one is left out.
const EVENTS: &[&[u8]] = &[
    b"ABORT",
    b"ACCESSKEYNOTFOUND",
    b"ACTIVATE",
    b"ACTIVE",
    b"ADDSOURCEBUFFER",
    b"ADDSTREAM",
    b"ADDTRACK",
    b"AFTERPAINT",
    b"AFTERPRINT",
    b"AFTERSCRIPTEXECUTE",
    b"ANIMATIONCANCEL",
    b"ANIMATIONEND",
    b"ANIMATIONITERATION",
    b"ANIMATIONSTART",
    b"AUDIOCOMPLETE",
    b"AUDIOEND",
    b"AUDIOPROCESS",
    b"AUDIOSTART",
    b"AUTOCOMPLETE",
    b"AUXCLICK",
    b"BACKGROUNDFETCHABORT",
    b"BACKGROUNDFETCHCLICK",
    b"BACKGROUNDFETCHFAIL",
    b"BACKGROUNDFETCHSUCCESS",
    b"BEFOREACTIVATE",
    b"BEFORECOPY",
    b"BEFORECUT",
    b"BEFOREINPUT",
    b"BEFORELOAD",
    b"BEFOREMATCH",
    b"BEFOREPASTE",
    b"BEFOREPRINT",
    b"BEFORESCRIPTEXECUTE",
    b"BEFORETOGGLE",
    b"BEFOREUNLOAD",
    b"BEGINEVENT",
    b"BLOCKED",
    b"BLUR",
    b"BOUNDARY",
    b"BUFFEREDAMOUNTLOW",
    b"BUFFEREDCHANGE",
    b"CACHED",
    b"CANCEL",
    b"CANPLAY",
    b"CHANGE",
    b"CHARGINGCHANGE",
    b"CHARGINGTIMECHANGE",
    b"CHECKING",
    b"CLICK",
    b"CLOSE",
    b"CLOSING",
    b"COMMAND",
    b"COMPLETE",
    b"COMPOSITIONCHANGE",
    b"COMPOSITIONEND",
    b"COMPOSITIONSTART",
    b"COMPOSITIONUPDATE",
    b"CONFIGURATIONCHANGE",
    b"CONNECT",
    b"CONTENTVISIBILITYAUTOSTATECHANGE",
    b"CONTEXTLOST",
    b"CONTEXTMENU",
    b"CONTEXTRESTORED",
    b"CONTROLLERCHANGE",
    b"COOKIECHANGE",
    b"COORDINATORSTATECHANGE",
    b"COPY",
    b"COUPONCODECHANGED",
    b"CUECHANGE",
    b"CURRENTENTRYCHANGE",
    b"CUT",
    b"DATAAVAILABLE",
    b"DATACHANNEL",
    b"DBLCLICK",
    b"DEQUEUE",
    b"DEVICECHANGE",
    b"DEVICELIGHT",
    b"DEVICEMOTION",
    b"DEVICEORIENTATION",
    b"DISCHARGINGTIMECHANGE",
    b"DISCONNECT",
    b"DISPOSE",
    b"DOMACTIVATE",
    b"DOMCHARACTERDATAMODIFIED",
    b"DOMCONTENTLOADED",
    b"DOMFOCUSIN",
    b"DOMFOCUSOUT",
    b"DOMNODEINSERTED",
    b"DOMNODEREMOVED",
    b"DOMSUBTREEMODIFIED",
    b"DOWNLOADING",
    b"DRAG",
    b"DROP",
    b"DURATIONCHANGE",
    b"EDGEUICANCELED",
    b"EDGEUICOMPLETED",
    b"EDGEUISTARTED",
    b"EDITORBEFOREINPUT",
    b"EDITORINPUT",
    b"EMPTIED",
    b"ENCRYPTED",
    b"END",
    b"ENTER",
    b"ERROR",
    b"EXIT",
    b"FENCEDTREECLICK",
    b"FETCH",
    b"FINISH",
    b"FOCUS",
    b"FORMCHANGE",
    b"FORMCHECKBOXSTATECHANGE",
    b"FORMDATA",
    b"FORMINPUT",
    b"FORMINVALID",
    b"FORMRADIOSTATECHANGE",
    b"FORMRESET",
    b"FORMSELECT",
    b"FORMSUBMIT",
    b"FULLSCREENCHANGE",
    b"FULLSCREENERROR",
    b"GAMEPADAXISMOVE",
    b"GAMEPADBUTTONDOWN",
    b"GAMEPADBUTTONUP",
    b"GAMEPADCONNECTED",
    b"GAMEPADDISCONNECTED",
    b"GATHERINGSTATECHANGE",
    b"GESTURECHANGE",
    b"GESTUREEND",
    b"GESTURESCROLLEND",
    b"GESTURESCROLLSTART",
    b"GESTURESCROLLUPDATE",
    b"GESTURESTART",
    b"GESTURETAP",
    b"GOTPOINTERCAPTURE",
    b"HASHCHANGE",
    b"ICECANDIDATE",
    b"ICECONNECTIONSTATECHANGE",
    b"ICEGATHERINGSTATECHANGE",
    b"IMAGEABORT",
    b"INACTIVE",
    b"INPUT",
    b"INSTALL",
    b"INVALID",
    b"INVOKE",
    b"KEYDOWN",
    b"KEYPRESS",
    b"KEYSTATUSESCHANGE",
    b"KEYUP",
    b"LANGUAGECHANGE",
    b"LEAVEPICTUREINPICTURE",
    b"LEGACYATTRMODIFIED",
    b"LEGACYCHARACTERDATAMODIFIED",
    b"LEGACYDOMACTIVATE",
    b"LEGACYDOMFOCUSIN",
    b"LEGACYDOMFOCUSOUT",
    b"LEGACYMOUSELINEORPAGESCROLL",
    b"LEGACYMOUSEPIXELSCROLL",
    b"LEGACYNODEINSERTED",
    b"LEGACYNODEREMOVED",
    b"LEGACYSUBTREEMODIFIED",
    b"LEGACYTEXTINPUT",
    b"LEVELCHANGE",
    b"LOAD",
    b"LOSTPOINTERCAPTURE",
    b"MAGNIFYGESTURE",
    b"MARK",
    b"MEDIARECORDERDATAAVAILABLE",
    b"MEDIARECORDERSTOP",
    b"MEDIARECORDERWARNING",
    b"MERCHANTVALIDATION",
    b"MESSAGE",
    b"MOUSEDOUBLECLICK",
    b"MOUSEDOWN",
    b"MOUSEENTER",
    b"MOUSEEXPLOREBYTOUCH",
    b"MOUSEHITTEST",
    b"MOUSELEAVE",
    b"MOUSELONGTAP",
    b"MOUSEMOVE",
    b"MOUSEOUT",
    b"MOUSEOVER",
    b"MOUSEUP",
    b"MOUSEWHEEL",
    b"MOZFULLSCREENCHANGE",
    b"MOZFULLSCREENERROR",
    b"MOZPOINTERLOCKCHANGE",
    b"MOZPOINTERLOCKERROR",
    b"MOZVISUALRESIZE",
    b"MOZVISUALSCROLL",
    b"MUTE",
    b"NAVIGATE",
    b"NEGOTIATIONNEEDED",
    b"NEXTTRACK",
    b"NOMATCH",
    b"NOTIFICATIONCLICK",
    b"NOTIFICATIONCLOSE",
    b"NOUPDATE",
    b"OBSOLETE",
    b"OFFLINE",
    b"ONLINE",
    b"OPEN",
    b"ORIENTATIONCHANGE",
    b"OVERCONSTRAINED",
    b"OVERFLOWCHANGED",
    b"OVERSCROLL",
    b"PAGEHIDE",
    b"PAGEREVEAL",
    b"PAGESHOW",
    b"PAGESWAP",
    b"PASTE",
    b"PAUSE",
    b"PAYERDETAILCHANGE",
    b"PAYMENTAUTHORIZED",
    b"PAYMENTMETHODCHANGE",
    b"PAYMENTMETHODSELECTED",
    b"PLAY",
    b"POINTERAUXCLICK",
    b"POINTERCANCEL",
    b"POINTERCLICK",
    b"POINTERDOWN",
    b"POINTERENTER",
    b"POINTERGOTCAPTURE",
    b"POINTERLEAVE",
    b"POINTERLOCKCHANGE",
    b"POINTERLOCKERROR",
    b"POINTERLOSTCAPTURE",
    b"POINTERMOVE",
    b"POINTEROUT",
    b"POINTEROVER",
    b"POINTERRAWUPDATE",
    b"POINTERUP",
    b"POPSTATE",
    b"PRESSTAPGESTURE",
    b"PREVIOUSTRACK",
    b"PROCESSORERROR",
    b"PROGRESS",
    b"PROPERTYCHANGE",
    b"PUSH",
    b"QUALITYCHANGE",
    b"RATECHANGE",
    b"READYSTATECHANGE",
    b"REDRAW",
    b"REJECTIONHANDLED",
    b"RELEASE",
    b"REMOVE",
    b"REPEAT",
    b"RESET",
    b"RESIZE",
    b"RESOURCETIMINGBUFFERFULL",
    b"RESULT",
    b"RESUME",
    b"ROTATEGESTURE",
    b"RTCTRANSFORM",
    b"SCROLL",
    b"SEARCH",
    b"SECURITYPOLICYVIOLATION",
    b"SEEKED",
    b"SEEKING",
    b"SELECT",
    b"SHIPPINGADDRESSCHANGE",
    b"SHIPPINGCONTACTSELECTED",
    b"SHIPPINGMETHODSELECTED",
    b"SHIPPINGOPTIONCHANGE",
    b"SHOW",
    b"SIGNALINGSTATECHANGE",
    b"SLOTCHANGE",
    b"SMILBEGINEVENT",
    b"SMILENDEVENT",
    b"SMILREPEATEVENT",
    b"SORT",
    b"SOUNDEND",
    b"SOUNDSTART",
    b"SOURCECLOSE",
    b"SOURCEENDED",
    b"SOURCEOPEN",
    b"SPEECHEND",
    b"SPEECHSTART",
    b"SQUEEZE",
    b"STALLED",
    b"START",
    b"STATECHANGE",
    b"STOP",
    b"STORAGE",
    b"SUBMIT",
    b"SUCCESS",
    b"SUSPEND",
    b"SVGLOAD",
    b"SVGSCROLL",
    b"SWIPEGESTURE",
    b"TAPGESTURE",
    b"TEXTINPUT",
    b"TIMEOUT",
    b"TIMEUPDATE",
    b"TOGGLE",
    b"TONECHANGE",
    b"TOUCHCANCEL",
    b"TOUCHEND",
    b"TOUCHFORCECHANGE",
    b"TOUCHMOVE",
    b"TOUCHSTART",
    b"TRACK",
    b"TRANSITIONCANCEL",
    b"TRANSITIONEND",
    b"TRANSITIONRUN",
    b"TRANSITIONSTART",
    b"UNCAPTUREDERROR",
    b"UNHANDLEDREJECTION",
    b"UNIDENTIFIEDEVENT",
    b"UNLOAD",
    b"UNMUTE",
    b"UPDATE",
    b"UPGRADENEEDED",
    b"USERPROXIMITY",
    b"VALIDATEMERCHANT",
    b"VERSIONCHANGE",
    b"VISIBILITYCHANGE",
    b"VOICESCHANGED",
    b"VOLUMECHANGE",
    b"VRDISPLAYACTIVATE",
    b"VRDISPLAYCONNECT",
    b"VRDISPLAYDEACTIVATE",
    b"VRDISPLAYDISCONNECT",
    b"VRDISPLAYPRESENTCHANGE",
    b"WAITING",
    b"WEBGLCONTEXTCHANGED",
    b"WEBGLCONTEXTCREATIONERROR",
    b"WEBGLCONTEXTLOST",
    b"WEBGLCONTEXTRESTORED",
    b"WEBKITANIMATIONEND",
    b"WEBKITANIMATIONITERATION",
    b"WEBKITANIMATIONSTART",
    b"WEBKITASSOCIATEFORMCONTROLS",
    b"WEBKITAUTOFILLREQUEST",
    b"WEBKITBEFORETEXTINSERTED",
    b"WEBKITBEGINFULLSCREEN",
    b"WEBKITCURRENTPLAYBACKTARGETISWIRELESSCHANGED",
    b"WEBKITENDFULLSCREEN",
    b"WEBKITFULLSCREENCHANGE",
    b"WEBKITFULLSCREENERROR",
    b"WEBKITKEYADDED",
    b"WEBKITKEYERROR",
    b"WEBKITKEYMESSAGE",
    b"WEBKITMEDIASESSIONMETADATACHANGED",
    b"WEBKITMOUSEFORCECHANGED",
    b"WEBKITMOUSEFORCEDOWN",
    b"WEBKITMOUSEFORCEUP",
    b"WEBKITMOUSEFORCEWILLBEGIN",
    b"WEBKITNEEDKEY",
    b"WEBKITNETWORKINFOCHANGE",
    b"WEBKITPLAYBACKTARGETAVAILABILITYCHANGED",
    b"WEBKITPRESENTATIONMODECHANGED",
    b"WEBKITREGIONOVERSETCHANGE",
    b"WEBKITREMOVESOURCEBUFFER",
    b"WEBKITSHADOWROOTATTACHED",
    b"WEBKITSOURCECLOSE",
    b"WEBKITSOURCEENDED",
    b"WEBKITSOURCEOPEN",
    b"WEBKITSPEECHCHANGE",
    b"WEBKITTRANSITIONEND",
    b"WEBKITWILLREVEALBOTTOM",
    b"WEBKITWILLREVEALLEFT",
    b"WEBKITWILLREVEALRIGHT",
    b"WEBKITWILLREVEALTOP",
    b"WHEEL",
    b"WRITE",
    b"XULBROADCAST",
    b"XULCOMMANDUPDATE",
    b"XULPOPUPHIDDEN",
    b"XULPOPUPHIDING",
    b"XULPOPUPSHOWING",
    b"XULPOPUPSHOWN",
    b"XULSYSTEMSTATUSBARCLICK",
    b"ZOOM",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_in_order() {
        assert!(TAGS.is_sorted());
        assert!(ATTRIBUTES.is_sorted_by_key(|(name, _)| *name));
        assert!(ATTRIBUTES.iter().all(|(name, _)| may_start(name[0])));
        assert!(EVENTS.is_sorted());
        for pair in EVENTS.windows(2) {
            assert!(!pair[1].starts_with(pair[0]), "{}", pair[1].escape_ascii());
        }
        let names = ATTRIBUTES.iter().map(|(name, _)| name.len());
        let longest = names.chain(EVENTS.iter().map(|event| event.len() + 2)).max();
        assert!(longest.is_some_and(|longest| longest < NAME_BYTES));
    }
}
