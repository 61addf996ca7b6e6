//! What a code object does to names outside it, read off its instructions.

use std::collections::BTreeSet;

use rustpython_vm::bytecode::{CodeObject, ConstantData, Instruction, OpArg, OpArgState, oparg::VarNum};

/// What a code object, and the code nested in it, reads and stores.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct CodeEffects {
    /// Names looked up among the globals.
    pub(crate) reads: BTreeSet<String>,
    /// Names stored or deleted there.
    pub(crate) global_stores: BTreeSet<String>,
    /// Variables of enclosing functions that are stored or deleted: free in the outermost code.
    pub(crate) free_stores: BTreeSet<String>,
    /// Attributes stored or deleted on what a global or such a variable refers to.
    pub(crate) attribute_stores: BTreeSet<(String, String)>,
}

impl CodeEffects {
    pub(super) fn of(code: &CodeObject) -> Self {
        let mut effects = Self::default();
        let free = code.freevars.iter().map(String::as_str).collect();
        effects.add(code, &free, true);
        effects
    }

    /// `free` are the variables of this code that are free in the outermost code, too.
    fn add(&mut self, code: &CodeObject, free: &BTreeSet<&str>, outermost: bool) {
        let mut holders = Holders::default();
        each(code, |instruction, arg| {
            let name = |index: u32| code.names[index as usize].clone();
            let deref = |i: VarNum| {
                let name = local_name(code, i.as_usize());
                free.contains(name).then(|| name.to_owned())
            };
            let mut loaded = None;
            match instruction {
                Instruction::LoadGlobal { namei } => loaded = Some(name(namei.get(arg) >> 1)),
                Instruction::LoadName { namei } => loaded = Some(name(namei.get(arg))),
                Instruction::LoadFromDictOrGlobals { i } => loaded = Some(name(i.get(arg))),
                Instruction::StoreGlobal { namei } => {
                    self.global_stores.insert(name(namei.get(arg)));
                }
                Instruction::DeleteGlobal { namei } => {
                    self.global_stores.insert(name(namei.get(arg)));
                }
                // At the top of a module, names are globals; in a class body they are the class's.
                Instruction::StoreName { namei } if outermost => {
                    self.global_stores.insert(name(namei.get(arg)));
                }
                Instruction::DeleteName { namei } if outermost => {
                    self.global_stores.insert(name(namei.get(arg)));
                }
                Instruction::StoreDeref { i } => self.free_stores.extend(deref(i.get(arg))),
                Instruction::DeleteDeref { i } => self.free_stores.extend(deref(i.get(arg))),
                Instruction::StoreAttr { namei } => {
                    let attribute = name(namei.get(arg));
                    if let Some(holder) = holders.of_store(&attribute) {
                        self.attribute_stores.insert((holder, attribute));
                    }
                }
                Instruction::DeleteAttr { namei } => {
                    if let Some(holder) = holders.top.clone() {
                        self.attribute_stores.insert((holder, name(namei.get(arg))));
                    }
                }
                Instruction::LoadAttr { namei } => holders.load_attribute(name(namei.get(arg).name_idx())),
                _ => {}
            }
            if let Some(name) = &loaded {
                self.reads.insert(name.clone());
            }
            if let Instruction::LoadDeref { i } = instruction {
                loaded = deref(i.get(arg));
            }
            holders.step(instruction, arg, loaded);
        });
        for nested in nested(code) {
            let names = nested.freevars.iter().map(String::as_str);
            let free = names.filter(|name| free.contains(name)).collect();
            self.add(nested, &free, false);
        }
    }
}

/// Which global or variable the object on top of the stack came from: enough of the stack to see `X.a = …` and
/// `X.a += …` for what they are.
#[derive(Default)]
struct Holders {
    top: Option<String>,
    copied: bool,
    swapped: bool,
    /// `X.a` was read with X left on the stack: an augmented assignment is under way.
    augmented: Vec<(String, String)>,
}

impl Holders {
    fn of_store(&mut self, attribute: &str) -> Option<String> {
        if self.swapped && self.augmented.last().is_some_and(|(_, name)| name == attribute) {
            return self.augmented.pop().map(|(holder, _)| holder);
        }
        self.top.clone()
    }

    fn load_attribute(&mut self, attribute: String) {
        if let (true, Some(holder)) = (self.copied, &self.top) {
            self.augmented.push((holder.clone(), attribute));
        }
    }

    fn step(&mut self, instruction: Instruction, arg: OpArg, loaded: Option<String>) {
        match instruction {
            Instruction::Cache | Instruction::ExtendedArg | Instruction::Nop | Instruction::NotTaken => return,
            Instruction::Copy { i } if i.get(arg) == 1 => self.copied = true,
            _ => {
                self.copied = false;
                self.top = loaded;
            }
        }
        self.swapped = matches!(instruction, Instruction::Swap { i } if i.get(arg) == 2);
    }
}

/// Adds what `code` and the code nested in it may look up among the globals.
pub(super) fn global_names(code: &CodeObject, names: &mut BTreeSet<String>) {
    each(code, |instruction, arg| {
        let index = match instruction {
            Instruction::LoadGlobal { namei } => namei.get(arg) >> 1,
            Instruction::LoadName { namei } => namei.get(arg),
            Instruction::LoadFromDictOrGlobals { i } => i.get(arg),
            Instruction::DeleteGlobal { namei } => namei.get(arg),
            _ => return,
        };
        names.insert(code.names[index as usize].clone());
    });
    for nested in nested(code) {
        global_names(nested, names);
    }
}

/// Whether that is one of the names of `code`, or of the code nested in it.
pub(super) fn mentions(code: &CodeObject, name: &str) -> bool {
    code.names.iter().any(|known| known == name) || nested(code).any(|nested| mentions(nested, name))
}

/// Calls `see` with each instruction and its whole argument. The code must be as the compiler made it.
fn each(code: &CodeObject, mut see: impl FnMut(Instruction, OpArg)) {
    let mut state = OpArgState::default();
    for unit in code.instructions.iter() {
        let (instruction, arg) = state.get(*unit);
        see(instruction, arg);
    }
}

fn nested(code: &CodeObject) -> impl Iterator<Item = &CodeObject> {
    code.constants.iter().filter_map(|constant| match constant {
        ConstantData::Code { code } => Some(&**code),
        _ => None,
    })
}

/// The name in that place of a frame: variables, then cells that are not variables as well, then free variables.
fn local_name(code: &CodeObject, index: usize) -> &str {
    let cells = code.cellvars.iter().filter(|cell| !code.varnames.contains(cell));
    let mut names = code.varnames.iter().chain(cells).chain(code.freevars.iter());
    names.nth(index).map_or("", String::as_str)
}
