#!/usr/bin/env python3
"""What the installed shared library lets out: what its headers declare, all of it under one version, and nothing else."""
from zctest import *

BUILD = os.path.dirname(BIN)
if not os.path.exists(os.path.join(BUILD, "cmake_install.cmake")):
    print(f"{BIN} is not in a build folder")
    sys.exit(SKIP)
PREFIX = os.path.join(TMP, "prefix")
must("cmake", "--install", BUILD, "--prefix", PREFIX)
FOLDER = os.path.join(PREFIX, "include/zonecopy")
HEADERS = {name: open(os.path.join(FOLDER, name), encoding="utf-8").read() for name in os.listdir(FOLDER)}
CPP = "\n".join(text for name, text in HEADERS.items() if name not in ("ioctl.h", "zonecopy.h"))
C_FUNCTIONS = set(re.findall(r"^[a-z].*?\b(zonecopy_\w+)\(", HEADERS["zonecopy.h"], re.M))
(LIBRARY,) = [os.path.join(folder, "libzonecopy.so") for folder, _, files in os.walk(PREFIX) if "libzonecopy.so" in files]


def names_of(mangled):
    """zonecopy::A::f(int) is _ZN8zonecopy1A1fEi: the names behind the name space."""
    rest = re.fullmatch(r"_Z(?:N|NK|T[ISV]N)8zonecopy(.*)", mangled)
    names, text = [], rest.group(1) if rest else ""
    while length := re.match(r"\d+", text):
        begin, end = length.end(), length.end() + int(length.group())
        names.append(text[begin:end])
        text = re.sub(r"^(B5cxx11)", "", text[end:])
    return names[1:] if names[:1] == ["detail"] else names


def declared(names):
    """The first is a class that a public header defines, or a function that it declares; the second a member that it names."""
    if not names:
        return False
    known = re.search(rf"\b(class|struct)\b[^;(]*\b{names[0]}\b[^;(]*\{{", CPP) or re.search(rf"^[^/]*\b{names[0]}\(", CPP, re.M)
    return bool(known) and all(re.search(rf"\b{name}\b", CPP) for name in names[1:])


symbols = [line.split()[-1] for line in must("nm", "-D", "--defined-only", LIBRARY).out.splitlines()]
nodes = {symbol.partition("@@")[2] for symbol in symbols if "@@" in symbol}
equal(nodes, {"ZONECOPY_0"}, "the versions of the symbols")
equal([symbol for symbol in symbols if "@" not in symbol], ["ZONECOPY_0"], "symbols without a version")
plain = {symbol.partition("@@")[0] for symbol in symbols} - nodes
equal({symbol for symbol in plain if not symbol.startswith("_Z")}, C_FUNCTIONS, "what C programs can call")
for symbol in sorted(plain):
    if symbol.startswith("_Z"):
        check(declared(names_of(symbol)), f"no public header declares {must('c++filt', symbol).out.strip()}")

# Of each kind some, so that none vanishes: a function, members of classes with and without a source file, a vtable.
for wanted in ("zonecopy::copy_to_all(", "zonecopy::open_device(", "zonecopy::Gatherer::create(", "zonecopy::Error::to_string",
               "vtable for zonecopy::Gatherer", "typeinfo for zonecopy::ZonedDevice", "zonecopy::EventLoop::create("):
    check(any(name.startswith(wanted) for name in must("c++filt", *sorted(plain)).out.splitlines()), f"{wanted} is not let out")

# A class that a header names only is none of the interface.
check(names_of("_ZN8zonecopy4Ring6submitEv") == ["Ring", "submit"] and not declared(["Ring", "submit"]), "names are taken apart")
