"""Compare the members and values in the templates and the condition of a route with the catalogue of known events."""

from collections.abc import Collection, Iterable, Iterator, Set

from processor.routing.compiled_routes import REQUEST_NAMES, CompiledRoute
from processor.routing.templates import Template
from processor.routing.yaml_lines import YamlPath
from scripts.catalogue.members import TEXT
from scripts.routes.known_names import (
    COUNTED_ZERO,
    UNKNOWN_MEMBER,
    UNKNOWN_VALUE,
    WRONG_TYPE,
    CatalogueFinding,
    KnownNames,
)
from scripts.routes.member_paths import MemberPath
from scripts.routes.number_members import equality_reason, is_number, order_reason
from scripts.routes.template_uses import (
    JOB,
    Found,
    NumberTest,
    OrderTest,
    TruthTest,
    UsedMember,
    ZeroTest,
    counted_types,
    used_in,
)


def in_templates(compiled: CompiledRoute, variables: Collection[str], known: KnownNames) -> Iterator[CatalogueFinding]:
    """Yield what no known event has in `let`, `if` and `deliver`. `variables` are those of the stages."""
    others = {*variables, *compiled.route.let, *REQUEST_NAMES}
    sums = {name: types for name, template in compiled.let.items() if (types := counted_types(template.source))}
    for path, part in compiled.parts():
        members = {*part.names, *JOB} - others
        source = part.source if isinstance(part, Template) else f"{{% if ({part.source}) %}}{{% endif %}}"
        uses_event = part.names or "counter" in part.source  # a function, which is no name
        uses = _once(used_in(source, sums)) if uses_event else ()
        found = (_finding(path, used, members, known) for used in uses)
        yield from dict.fromkeys(each for each in found if each)


def _once(uses: Iterable[Found]) -> Iterator[Found]:
    """Yield the uses, of the comparisons of a member as a number only the first: one default is enough for all.

    Numbers whose text the member is compared with too are left out.
    """
    found, numeric = list(uses), set()
    texts = {(each.path, each.value) for each in found if isinstance(each, UsedMember)}
    for used in found:
        is_both = isinstance(used, NumberTest) and all((used.path, str(each)) in texts for each in used.numbers)
        if not isinstance(used, OrderTest | NumberTest):
            yield used
        elif used.path not in numeric and not is_both:
            numeric.add(used.path)
            yield used


def _finding(path: YamlPath, used: Found, members: Set[str], known: KnownNames) -> CatalogueFinding | None:
    """Return the finding for one use; `members` are the names that are members of the event."""
    if isinstance(used, ZeroTest):
        return CatalogueFinding(path, COUNTED_ZERO, _zero_reason(used))
    # the part before the first unknown step
    member = used.path[: used.path.index("")] if "" in used.path else used.path
    if member[0] not in members:
        return None
    if reason := known.unknown_member(member):
        return CatalogueFinding(path, UNKNOWN_MEMBER, reason)
    if isinstance(used, TruthTest):
        return _truth_finding(path, member, known)
    if isinstance(used, OrderTest | NumberTest):
        is_found = member == used.path and is_number(known.member(member))
        reason_of = order_reason if isinstance(used, OrderTest) else equality_reason
        return CatalogueFinding(path, WRONG_TYPE, reason_of(".".join(member), used.default)) if is_found else None
    if isinstance(used.value, str) and member == used.path and (reason := known.unknown_value(member, used.value)):
        return CatalogueFinding(path, UNKNOWN_VALUE, reason)
    found = known.member(member)
    if isinstance(used.value, int | float) and member == used.path and found and found.types == {TEXT}:
        kind = "true or false" if isinstance(used.value, bool) else "a number"
        reason = f"{'.'.join(member)} is always text in Alma's events, and here it is compared with {kind}"
        return CatalogueFinding(path, WRONG_TYPE, reason)
    return None


def _truth_finding(path: YamlPath, member: MemberPath, known: KnownNames) -> CatalogueFinding | None:
    found = known.member(member)
    if found is None or set(found.values or ()) != {"true", "false"}:
        return None
    name = ".".join(member)
    return CatalogueFinding(path, WRONG_TYPE, f"{name} is text, and 'false' is not empty: write {name} == 'true'")


def _zero_reason(test: ZeroTest) -> str:
    names = [f"counter({name!r})" for name in test.types]
    form = " and ".join(f"{name} is defined and {name} == 0" for name in names)
    return f"this also holds for a job without these counters; if they have to exist, write {form}"
