//! Routes that tune the packaged Core Rule Set, each in its own way.

use portcullis_waf_engine::Sources;

/// Rules with patterns and lists of their own, of all kinds that are left out or changed below.
const RULES: [u32; 8] = [920_350, 930_120, 932_160, 933_150, 941_100, 941_160, 942_100, 942_190];
const TAGS: [&str; 4] = ["attack-sqli", "attack-xss", "attack-rce", "language-php"];

/// Own rules of routes have ids from here on.
pub(crate) const OWN_RULES: u64 = 100_000_000;

/// The sources of a route. Route 0 has nothing of its own; the others differ in what they leave out, in their targets,
/// thresholds, paranoia level and own rules.
pub(crate) fn sources(route: usize) -> Sources {
    let package = portcullis_waf_rulesets::embedded();
    let Some(package) = package else { panic!("built without the Core Rule Set") };
    let level = if route % 10 == 9 { 2 } else { 1 };
    let threshold = if route == 0 { 5 } else { 5 + route % 7 };
    let before = format!(
        "SecRuleEngine On\n\
         SecAction \"id:900000,phase:1,pass,nolog,setvar:tx.blocking_paranoia_level={level}\"\n\
         SecAction \"id:900110,phase:1,pass,nolog,setvar:tx.inbound_anomaly_score_threshold={threshold}\"\n"
    );
    let entry = format!("{}\n{}", package.entry(&before), after(route));
    Sources::new("entry.conf", entry)
        .with_files(package.files.iter().map(|file| (file.path.clone(), file.content.clone())))
}

/// What stands after the rules.
fn after(route: usize) -> String {
    if route == 0 {
        return String::new();
    }
    let pick = |list: &[u32]| list.get(route % list.len()).copied().unwrap_or(0);
    let rule = pick(&RULES);
    let tag = TAGS.get(route % TAGS.len()).copied().unwrap_or("");
    match route % 5 {
        0 => format!("SecRuleRemoveById {rule} {}\n", 942_200 + route),
        1 => format!("SecRuleUpdateTargetById {rule} \"!ARGS:field{route}\"\n"),
        2 => format!("SecRuleRemoveByTag \"{tag}\"\n"),
        3 => format!(
            "SecRule ARGS:field{route} \"@rx ^(?i)own{route}[a-z]+\\d$\" \"id:{},phase:2,deny,t:lowercase,msg:'Own {route}'\"\n",
            OWN_RULES + route as u64
        ),
        _ => format!(
            "SecRule REQUEST_URI \"@beginsWith /own/{route}\" \"id:{},phase:1,pass,nolog,ctl:ruleRemoveById={rule}\"\n\
             SecRule ARGS \"@pm secret{route} hidden{route}\" \"id:{},phase:2,deny\"\n",
            OWN_RULES + route as u64,
            2 * OWN_RULES + route as u64
        ),
    }
}
