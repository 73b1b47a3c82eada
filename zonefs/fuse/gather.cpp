// ZONECOPY_IOC_GATHER: many ranges to the end of the file. A signal to the caller ends it early.
#include <fmt/format.h>
#include <sys/stat.h>

#include <cstring>
#include <memory>
#include <set>

#include "zonefs/core/gather_wire.h"
#include "zonefs/core/process_status.h"
#include "zonefs/fuse/interruption.h"
#include "zonefs/fuse/request.h"

namespace zonecopy::zonefs {
namespace {

constexpr std::uint64_t reading_capabilities = 1U << 1 | 1U << 2;  // CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH

/// Whether the capabilities of thread `pid` count here: those in a user namespace of its own do not.
bool shares_user_namespace(std::int32_t pid) {
  struct stat theirs {};
  struct stat own {};
  return stat(fmt::format("/proc/{}/ns/user", pid).c_str(), &theirs) == 0 && stat("/proc/self/ns/user", &own) == 0 &&
         theirs.st_dev == own.st_dev && theirs.st_ino == own.st_ino;
}

/// The caller as FUSE tells it, without what only /proc knows.
FileUser plain_user(fuse_req_t request) {
  const fuse_ctx* context = fuse_req_ctx(request);
  FileUser user;
  user.user = context->uid;
  user.group = context->gid;
  return user;
}

/// The same with the other groups and the capabilities, where they can be found out. The caller waits for the answer, so
/// that its number is not somebody else's.
FileUser whole_user(fuse_req_t request) {
  const fuse_ctx* context = fuse_req_ctx(request);
  FileUser user = plain_user(request);
  if (context->pid <= 0) return user;
  const auto credentials = parse_credentials(read_status(fmt::format("/proc/{}", context->pid)));
  if (!credentials || credentials->user != user.user || credentials->group != user.group) return user;
  user.groups = credentials->groups;
  const bool capable = (credentials->capabilities & reading_capabilities) != 0;
  user.reads_everything = capable && shares_user_namespace(context->pid);
  return user;
}

/// The first range that `user` could not open for reading.
std::optional<std::size_t> denied_to(fuse_req_t request, const FileSystem& files, const GatherRequest& gather,
                                     const FileUser& user) {
  const Result<Attributes> root = mount_of(request).attributes(root_node);
  if (!permits(*root, user, Wanted::search)) return 0;
  return files.first_denied(gather, user);
}

/// The first range that the caller could not open for reading. /proc is only asked where it matters.
std::optional<std::size_t> first_denied(fuse_req_t request, const FileSystem& files, const GatherRequest& gather) {
  if (!denied_to(request, files, gather, plain_user(request))) return std::nullopt;
  return denied_to(request, files, gather, whole_user(request));
}

/// Pages of conventional files that a program has changed in a mapping go to the zone first, and what is cached of them
/// is dropped: the kernel does not know which files a gather reads and writes. Of the destination too, or its older pages
/// would be written over what was gathered.
Task<void> write_back(fuse_req_t request, PartFile destination, const GatherRequest& gather,
                      const CancelToken* cancel) {
  Session& session = session_of(request);
  const Mount& mount = mount_of(request);
  std::set<NodeId> cached;
  const auto note = [&](const FileSystem& files, FileNumber file) {
    const NodeId node = mount.node_of(files, files.node_of(file));
    if (!files.file(file).sequential && session.is_read_by_cache(node)) cached.insert(node);
  };
  for (const CopyPiece& piece : gather.pieces) note(mount.files_on(piece.volume, *destination.files), piece.source);
  note(*destination.files, destination.number);
  for (const NodeId node : cached) co_await session.write_back_and_drop(node, cancel);
}

/// The kernel does not know that the file has grown. What it has in its cache is wrong now: pages of a conventional file,
/// and of a sequential one a page in which the old or the new end lies.
Task<void> tell_destination(fuse_req_t request, PartFile file, const GatherAnswer& answer) {
  constexpr std::uint64_t page_bytes = 4096;
  Session& session = session_of(request);
  const FileSystem& files = *file.files;
  const NodeId node = mount_of(request).node_of(files, files.node_of(file.number));
  const std::uint64_t end_bytes = answer.offset_bytes + answer.done.bytes;
  const bool within_pages = answer.offset_bytes % page_bytes != 0 || end_bytes % page_bytes != 0;
  if (session.is_read_by_cache(node)) {
    if (!files.file(file.number).sequential) {
      co_await session.write_back_and_drop(node, nullptr);
    } else if (within_pages) {
      co_await session.drop_cache(node);
    }
  }
  session.forget_attributes(node);
}

/// Answers with all that was found out, also where nothing was done.
void reply(fuse_req_t request, const GatherAnswer& answer, zonecopy_gather_request& wire) {
  put_answer(answer, wire);
  const bool failed = answer.code != 0 && wire.bytes_copied == 0;
  fuse_reply_ioctl(request, failed ? -answer.code : 0, &wire, sizeof wire);
}

Task<void> gather(fuse_req_t request, PartFile destination, GatherRequest gather,
                  std::unique_ptr<zonecopy_gather_request> wire) {
  const Interruption interruption(request, Interruption::Ends::on_signal);
  co_await write_back(request, destination, gather, interruption.token());
  const GatherAnswer answer = co_await destination.files->gather(std::move(gather), interruption.token());
  if (answer.done.bytes > 0) {
    co_await tell_destination(request, destination, answer);
  }
  reply(request, answer, *wire);
}

FindInode finder(fuse_req_t request, const PartFile& destination) {
  return [&mount = mount_of(request), files = destination.files](std::uint64_t inode) -> std::optional<CopyPiece> {
    const std::optional<PartFile> source = mount.file_of_inode(inode);
    if (!source) return std::nullopt;
    return CopyPiece{source->number, 0, 0, source->files == files ? nullptr : &source->files->volume()};
  };
}

}  // namespace

void begin_gather(fuse_req_t request, const PartFile& destination, OpenFile& open_file, const void* data) {
  auto wire = std::make_unique<zonecopy_gather_request>();
  std::memcpy(wire.get(), data, sizeof *wire);
  std::size_t failed = 0;
  Result<GatherRequest> asked = parse_gather(*wire, destination.number, finder(request, destination), &failed);
  if (!asked) {
    reply(request, refused_gather(GatherRequest(), failed, asked.error().code()), *wire);
    return;
  }
  asked->through = &open_file;
  const std::optional<std::size_t> denied = first_denied(request, *destination.files, *asked);
  if (denied) {
    reply(request, refused_gather(*asked, *denied, EACCES), *wire);
    return;
  }
  begin(request, gather(request, destination, std::move(*asked), std::move(wire)));
}

}  // namespace zonecopy::zonefs
