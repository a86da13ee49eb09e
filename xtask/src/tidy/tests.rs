use super::*;

#[test]
fn the_tree_is_tidy() {
    let tree = Tree::read().unwrap();
    if let Err(problems) = report(&tree) {
        panic!("{problems}");
    }
}
