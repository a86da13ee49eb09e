//! Rule files bring the files they name with them: phrases, addresses, includes. A change of one of these is taken
//! over like a change of the document.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use portcullis_conformance::{Stage, browser_get};
use portcullis_testkit::raw::ask;
use portcullis_testkit::upstream::Answer;
use portcullis_testkit::{DEADLINE, document};

const RULES: &str = "Include more/own.conf\n\
    SecRule ARGS:a \"@pmFromFile words.data\" \"id:10,phase:1,deny,status:451\"\n";
const INCLUDED: &str = "SecRule REMOTE_ADDR \"@ipMatchFromFile networks.data\" \
    \"id:11,phase:1,deny,status:418,chain\"\nSecRule ARGS:b \"@streq near\" \"t:none\"\n";

async fn stage() -> Stage {
    Stage::written(
        |_| Answer::ok("ok"),
        |place, up| {
            let folder = place.folder.join("rules");
            std::fs::create_dir_all(folder.join("more")).unwrap();
            for (name, text) in [
                ("main.conf", RULES),
                ("words.data", "# words\nforbidden\n"),
                ("more/own.conf", INCLUDED),
                ("more/networks.data", "127.0.0.0/8\n"),
            ] {
                std::fs::write(folder.join(name), text).unwrap();
            }
            format!(
                "{}filters:\n  - waf:\n      ruleset: none\n      mode: blocking\n      \
                 rules: [{folder}/main.conf]\n      data: [{folder}/words.data, \
                 {folder}/more/own.conf, {folder}/more/networks.data]\n",
                document::forward(place, up),
                folder = folder.display()
            )
        },
    )
    .await
    .unwrap()
}

async fn status(stage: &Stage, query: &str) -> u16 {
    let request = browser_get(&format!("/?{query}"), "Connection: close\r\n");
    ask(stage.http(), request).await.unwrap().status()
}

#[tokio::test]
async fn they_are_found_beside_the_file_that_names_them_and_watched() {
    let stage = stage().await;
    for (query, expected) in [("a=forbidden", 451), ("b=near", 418), ("a=fine", 200)] {
        assert_eq!(status(&stage, query).await, expected, "{query}");
    }
    let words = stage.gateway.place().folder.join("rules/words.data");
    let revision = stage.gateway.revision().await.unwrap();
    std::fs::write(words, "fine\n").unwrap();
    let end = tokio::time::Instant::now() + DEADLINE;
    while stage.gateway.revision().await.unwrap() == revision {
        assert!(tokio::time::Instant::now() < end, "no reload:\n{}", stage.gateway.log_tail());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    for (query, expected) in [("a=forbidden", 200), ("a=fine", 451)] {
        assert_eq!(status(&stage, query).await, expected, "{query} after the change");
    }
}
