// Resets what a program inherits from the one that started it.
#pragma once

#include <vector>

namespace zonecopy::zonefs {

/// Opens /dev/null for those of the descriptors 0 to 2 that are closed. Else the next file that is opened, perhaps an
/// image, would become standard output. To be called first of all.
void open_standard_files();

/// Ignores SIGXFSZ, so that a write beyond the limit on the size of files fails with EFBIG and does not end the
/// program.
void make_size_limit_an_error();

/// For a daemon: closes all other descriptors, so that no lock or pipe of the starter stays held. Resets the signal
/// mask and the disposition of SIGCHLD, and raises the soft limits that a shell may set (open files, file size, time)
/// to the hard ones.
void shed_inheritance();

/// For a daemon: reserves heap for the small objects of requests (coroutine frames, names, lists). When memory runs out
/// later, only buffers of requests cannot be allocated, which is ENOMEM for one caller and not the end of the daemon.
void reserve_heap();

/// Those of `signals` that are not ignored. A signal that the starter ignores, as nohup(1) does, is to stay ignored.
[[nodiscard]] std::vector<int> not_ignored(std::vector<int> signals);

}  // namespace zonecopy::zonefs
