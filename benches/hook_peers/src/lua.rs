//! mlua: a Lua state for each handler, as isolation asks for; on all cores, a state for each thread.

use mlua::{Function, Lua, LuaSerdeExt};

use crate::hook_order::{Decision, check, each, order, report, throughput};

const HANDLER: &str = "
function on_order(order)
    local total = 0.0
    for _, line in ipairs(order.lines) do total = total + line * 1.2 end
    return {accept = total < 1000 and order.customer ~= 'Mallory', total = total}
end
";

fn handler() -> mlua::Result<impl FnMut()> {
    let lua = Lua::new();
    lua.load(HANDLER).exec()?;
    let function: Function = lua.globals().get("on_order")?;
    let order = order();
    Ok(move || {
        let answer = function.call(lua.to_value(&order).unwrap()).unwrap();
        check(&lua.from_value::<Decision>(answer).unwrap());
    })
}

pub fn measure() -> mlua::Result<()> {
    let mut one = handler()?;
    let mut ten = (0..10).map(|_| handler()).collect::<mlua::Result<Vec<_>>>()?;
    let one = each(&mut one);
    let ten = each(|| ten.iter_mut().for_each(|call| call()));
    report("mlua (Lua 5.4)", one, ten, throughput(|_| handler().unwrap()));
    Ok(())
}
