// What a program must not take over from the one that started it.
#pragma once

#include <vector>

namespace zonecopy::zonefs {

/// Opens /dev/null as those of the descriptors 0 to 2 that are closed. Else the next file that is opened, an image perhaps,
/// becomes standard output. The first thing a program does.
void open_standard_files();

/// A write behind the limit on the size of files fails, with EFBIG, and ends no program in the middle of its work.
void make_size_limit_an_error();

/// For a daemon: closes all other descriptors, so that nobody's lock or pipe stays held, and brings the signal mask, the
/// disposition of SIGCHLD and the soft limits that a shell sets (files open, size of files, time) back to what they may be.
void shed_inheritance();

/// For a daemon: takes the address space now that requests need for what is small (frames of coroutines, names, lists), so
/// that where there is no more memory it is the buffers of requests that cannot be had, which is an ENOMEM for one caller.
void reserve_heap();

/// Those of `signals` that are not ignored. Who ignores one for us, as nohup(1) does, means it.
[[nodiscard]] std::vector<int> not_ignored(std::vector<int> signals);

}  // namespace zonecopy::zonefs
