// One function for each FUSE operation: decode, call the file system, answer once. No decisions here.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>

#include "session.h"
#include "status_attributes.h"

namespace zonecopy::zonefs {
namespace {

// Names never change. Sizes and modes change behind the kernel only after errors, of which it is told.
constexpr double name_timeout_seconds = 3600;
constexpr double attribute_timeout_seconds = 1;

Session& session_of(fuse_req_t request) { return *static_cast<Session*>(fuse_req_userdata(request)); }
FileSystem& files_of(fuse_req_t request) { return session_of(request).file_system(); }

/// Begins a coroutine that answers `request`; the session does not end before it has.
Task<void> guarded(Session& session, Task<void> handler) {
  const GatePass pass(session.requests());
  co_await handler;
}
void begin(fuse_req_t request, Task<void> handler) {
  Session& session = session_of(request);
  session.loop().spawn(guarded(session, std::move(handler)));
}

timespec to_timespec(std::int64_t time_ns) {
  timespec time{};
  time.tv_sec = time_ns / 1'000'000'000;
  time.tv_nsec = time_ns % 1'000'000'000;
  if (time.tv_nsec < 0) {
    --time.tv_sec;
    time.tv_nsec += 1'000'000'000;
  }
  return time;
}

std::int64_t to_ns(const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

struct stat to_stat(const Attributes& attributes) {
  struct stat facts {};
  facts.st_ino = attributes.inode;
  facts.st_mode = attributes.mode;
  facts.st_nlink = attributes.links;
  facts.st_uid = attributes.uid;
  facts.st_gid = attributes.gid;
  facts.st_size = static_cast<off_t>(attributes.size_bytes);
  facts.st_blocks = static_cast<blkcnt_t>(attributes.sectors);
  facts.st_blksize = attributes.block_size_bytes;
  facts.st_atim = to_timespec(attributes.access_time_ns);
  facts.st_mtim = to_timespec(attributes.modification_time_ns);
  facts.st_ctim = to_timespec(attributes.change_time_ns);
  return facts;
}

void reply_attributes(fuse_req_t request, const Result<Attributes>& attributes) {
  if (!attributes) {
    fuse_reply_err(request, attributes.error().code());
    return;
  }
  const struct stat facts = to_stat(*attributes);
  fuse_reply_attr(request, &facts, attribute_timeout_seconds);
}

OpenFile* open_file_of(const fuse_file_info* info) {
  return info == nullptr ? nullptr : reinterpret_cast<OpenFile*>(info->fh);
}

IoFlags io_flags(fuse_req_t request, const fuse_file_info& info) {
  IoFlags flags;
  flags.direct = (info.flags & O_DIRECT) != 0;
  flags.append = (info.flags & O_APPEND) != 0;
  flags.sync = (info.flags & (O_SYNC | O_DSYNC)) != 0;
  flags.write_back = info.writepage != 0;
  flags.pid = fuse_req_ctx(request)->pid;
  return flags;
}

std::optional<FileNumber> file_number(fuse_req_t request, fuse_ino_t inode) {
  const std::optional<Node> node = files_of(request).tree().node(inode);
  if (!node || node->kind != Node::Kind::file) return std::nullopt;
  return node->file;
}

// ---- names and attributes

void op_init(void* user_data, fuse_conn_info* connection) {
  auto& session = *static_cast<Session*>(user_data);
  session.configure(*connection);
  session.ready();
}

void op_lookup(fuse_req_t request, fuse_ino_t parent, const char* name) {
  const FileSystem& files = files_of(request);
  const Result<NodeId> node = files.tree().lookup(parent, name);
  if (!node) {
    fuse_reply_err(request, node.error().code());
    return;
  }
  fuse_entry_param entry{};
  entry.ino = *node;
  entry.attr = to_stat(*files.attributes(*node));
  entry.attr_timeout = attribute_timeout_seconds;
  entry.entry_timeout = name_timeout_seconds;
  fuse_reply_entry(request, &entry);
}

void op_getattr(fuse_req_t request, fuse_ino_t inode, fuse_file_info*) {
  reply_attributes(request, files_of(request).attributes(inode));
}

AttributeChange attribute_change(const struct stat& facts, int to_set) {
  AttributeChange change;
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (to_set & FUSE_SET_ATTR_SIZE) change.size_bytes = static_cast<std::uint64_t>(facts.st_size);
  if (to_set & FUSE_SET_ATTR_MODE) change.permissions = facts.st_mode & 07777U;
  if (to_set & FUSE_SET_ATTR_UID) change.uid = facts.st_uid;
  if (to_set & FUSE_SET_ATTR_GID) change.gid = facts.st_gid;
  if (to_set & FUSE_SET_ATTR_ATIME) change.access_time_ns = to_ns(facts.st_atim);
  if (to_set & FUSE_SET_ATTR_ATIME_NOW) change.access_time_ns = to_ns(now);
  if (to_set & FUSE_SET_ATTR_MTIME) change.modification_time_ns = to_ns(facts.st_mtim);
  if (to_set & FUSE_SET_ATTR_MTIME_NOW) change.modification_time_ns = to_ns(now);
  return change;
}

Task<void> set_attributes(fuse_req_t request, NodeId node, AttributeChange change, OpenFile* through) {
  const std::int32_t pid = fuse_req_ctx(request)->pid;
  const Result<Attributes> changed = co_await files_of(request).set_attributes(node, change, through, pid);
  reply_attributes(request, changed);
}

void op_setattr(fuse_req_t request, fuse_ino_t inode, struct stat* facts, int to_set, fuse_file_info* info) {
  AttributeChange change = attribute_change(*facts, to_set);
  change.size_changes_times = info != nullptr || session_of(request).follows_open(inode, fuse_req_ctx(request)->pid);
  begin(request, set_attributes(request, inode, change, open_file_of(info)));
}

void op_statfs(fuse_req_t request, fuse_ino_t) {
  const FileSystemUsage usage = files_of(request).usage();
  struct statvfs facts {};
  facts.f_bsize = usage.block_size_bytes;
  facts.f_frsize = usage.block_size_bytes;
  facts.f_blocks = usage.blocks;
  facts.f_bfree = usage.blocks_free;
  facts.f_bavail = usage.blocks_free;
  facts.f_files = usage.files;
  facts.f_namemax = name_max_bytes;
  fuse_reply_statfs(request, &facts);
}

void op_readdir(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset, fuse_file_info*) {
  const Tree& tree = files_of(request).tree();
  std::vector<char> listing(size);
  std::size_t used = 0;
  for (auto position = static_cast<std::uint64_t>(offset);; ++position) {
    const std::optional<DirectoryEntry> entry = tree.entry(inode, position);
    if (!entry) break;
    const std::string name = entry->fixed_name.empty() ? std::to_string(entry->number) : std::string(entry->fixed_name);
    struct stat facts {};
    facts.st_ino = entry->inode;
    facts.st_mode = entry->is_directory ? S_IFDIR : S_IFREG;
    const std::size_t needed = fuse_add_direntry(request, listing.data() + used, size - used, name.c_str(), &facts,
                                                 static_cast<off_t>(position + 1));
    if (needed > size - used) break;
    used += needed;
  }
  fuse_reply_buf(request, listing.data(), used);
}

// ---- what a zone tree cannot do

/// Names are given by the zones: a new one cannot be made.
void refuse_new_name(fuse_req_t request, const char* name) {
  fuse_reply_err(request, std::strlen(name) > name_max_bytes ? ENAMETOOLONG : ENOENT);
}

void refuse_change(fuse_req_t request) { fuse_reply_err(request, files_of(request).read_only() ? EROFS : EPERM); }

void op_mknod(fuse_req_t request, fuse_ino_t, const char* name, mode_t, dev_t) { refuse_new_name(request, name); }
void op_mkdir(fuse_req_t request, fuse_ino_t, const char* name, mode_t) { refuse_new_name(request, name); }
void op_create(fuse_req_t request, fuse_ino_t, const char* name, mode_t, fuse_file_info*) {
  refuse_new_name(request, name);
}
void op_symlink(fuse_req_t request, const char*, fuse_ino_t, const char* name) { refuse_new_name(request, name); }
void op_link(fuse_req_t request, fuse_ino_t, fuse_ino_t, const char* name) { refuse_new_name(request, name); }
void op_unlink(fuse_req_t request, fuse_ino_t, const char*) { refuse_change(request); }
void op_rmdir(fuse_req_t request, fuse_ino_t, const char*) { refuse_change(request); }
void op_rename(fuse_req_t request, fuse_ino_t, const char*, fuse_ino_t new_parent, const char* new_name, unsigned) {
  if (files_of(request).tree().lookup(new_parent, new_name)) {
    refuse_change(request);
  } else {
    refuse_new_name(request, new_name);
  }
}
void op_fsyncdir(fuse_req_t request, fuse_ino_t, int, fuse_file_info*) { fuse_reply_err(request, EINVAL); }

// ---- open files

Task<void> open_file(fuse_req_t request, NodeId node, FileNumber number, fuse_file_info info) {
  Session& session = session_of(request);
  FileSystem& files = session.file_system();
  const bool writable = (info.flags & O_ACCMODE) != O_RDONLY;
  Result<std::unique_ptr<OpenFile>> opened = co_await files.open(number, writable);
  if (!opened) {
    fuse_reply_err(request, opened.error().code());
    co_return;
  }
  // Every write to a sequential zone goes straight to the device, and a shared writable mapping cannot be. Readers and
  // conventional zones use the page cache, which the kernel keeps right on its own.
  // Reads of a file that is not readable any more come here too, to be refused, though its size is 0.
  const ZoneFile& file = files.file(number);
  info.direct_io = (writable && file.sequential) || file.unreadable();
  info.keep_cache = !info.direct_io;
  info.fh = session.keep(std::move(*opened));
  if (writable) session.note_open_for_writing(node, fuse_req_ctx(request)->pid);
  if (fuse_reply_open(request, &info) != 0) {  // the caller was killed in the meantime
    std::unique_ptr<OpenFile> unused = session.take(info.fh);
    co_await files.release(std::move(unused));
  }
}

void op_open(fuse_req_t request, fuse_ino_t inode, fuse_file_info* info) {
  const std::optional<FileNumber> number = file_number(request, inode);
  if (!number) {
    fuse_reply_err(request, EISDIR);
    return;
  }
  begin(request, open_file(request, inode, *number, *info));
}

Task<void> release_file(fuse_req_t request, std::unique_ptr<OpenFile> closed) {
  Session& session = session_of(request);
  if (closed) co_await session.file_system().release(std::move(closed));
  fuse_reply_err(request, 0);
  session.reflect_read_only();
}

void op_release(fuse_req_t request, fuse_ino_t, fuse_file_info* info) {
  begin(request, release_file(request, session_of(request).take(info->fh)));
}

Task<void> read_file(fuse_req_t request, OpenFile* file, std::uint64_t offset_bytes, std::uint64_t length_bytes,
                     IoFlags flags) {
  const Result<ReadResult> read = co_await files_of(request).read(*file, offset_bytes, length_bytes, flags);
  if (!read) {
    fuse_reply_err(request, read.error().code());
  } else {
    fuse_reply_buf(request, reinterpret_cast<const char*>(read->data.data()), read->data.size());
  }
}

void op_read(fuse_req_t request, fuse_ino_t, size_t size, off_t offset, fuse_file_info* info) {
  begin(request,
        read_file(request, open_file_of(info), static_cast<std::uint64_t>(offset), size, io_flags(request, *info)));
}

struct WriteRequest {
  FileNumber number = 0;
  std::uint64_t offset_bytes = 0;
  std::span<const std::byte> data;
  BufferPool::Loan memory;
  IoFlags flags;
};

Task<void> write_file(fuse_req_t request, OpenFile* file, WriteRequest write) {
  const Result<std::uint64_t> written =
      co_await files_of(request).write(file, write.number, write.offset_bytes, write.data, write.flags);
  if (!written) {
    fuse_reply_err(request, written.error().code());
  } else {
    fuse_reply_write(request, *written);
  }
}

void op_write(fuse_req_t request, fuse_ino_t inode, const char* data, size_t size, off_t offset, fuse_file_info* info) {
  const std::optional<FileNumber> number = file_number(request, inode);
  if (!number) {
    fuse_reply_err(request, EISDIR);
    return;
  }
  WriteRequest write;
  write.number = *number;
  write.offset_bytes = static_cast<std::uint64_t>(offset);
  write.data = std::as_bytes(std::span(data, size));
  write.memory = session_of(request).take_request_buffer();
  write.flags = io_flags(request, *info);
  // Write-back has no open file that it can be sure of.
  OpenFile* file = write.flags.write_back ? nullptr : open_file_of(info);
  begin(request, write_file(request, file, std::move(write)));
}

Task<void> sync_file(fuse_req_t request, FileNumber number) {
  const Status synced = co_await files_of(request).sync(number);
  fuse_reply_err(request, synced ? 0 : synced.error().code());
}

void op_fsync(fuse_req_t request, fuse_ino_t inode, int, fuse_file_info*) {
  const std::optional<FileNumber> number = file_number(request, inode);
  if (!number) {
    fuse_reply_err(request, EINVAL);
    return;
  }
  begin(request, sync_file(request, *number));
}

// ---- copy

void cancel_copy(fuse_req_t, void* token) { static_cast<CancelToken*>(token)->request(); }

Task<void> copy_range(fuse_req_t request, CopyRequest copy) {
  CancelToken cancel;
  fuse_req_interrupt_func(request, cancel_copy, &cancel);
  const Result<std::uint64_t> copied = co_await files_of(request).copy_range(copy, &cancel);
  fuse_req_interrupt_func(request, nullptr, nullptr);
  if (!copied) {
    fuse_reply_err(request, copied.error().code());
  } else {
    fuse_reply_write(request, *copied);
  }
}

void op_copy_file_range(fuse_req_t request, fuse_ino_t source, off_t source_offset, fuse_file_info*,
                        fuse_ino_t destination, off_t destination_offset, fuse_file_info*, size_t length, int flags) {
  const std::optional<FileNumber> from = file_number(request, source);
  const std::optional<FileNumber> to = file_number(request, destination);
  if (!from || !to || flags != 0) {
    fuse_reply_err(request, EINVAL);
    return;
  }
  CopyRequest copy;
  copy.source = *from;
  copy.source_offset_bytes = static_cast<std::uint64_t>(source_offset);
  copy.destination = *to;
  copy.destination_offset_bytes = static_cast<std::uint64_t>(destination_offset);
  copy.length_bytes = length;
  begin(request, copy_range(request, copy));
}

// ---- extended attributes: counters of the root, and the way in for new options

void reply_bytes(fuse_req_t request, const std::string& bytes, std::size_t room) {
  if (room == 0) {
    fuse_reply_xattr(request, bytes.size());
  } else if (bytes.size() > room) {
    fuse_reply_err(request, ERANGE);
  } else {
    fuse_reply_buf(request, bytes.data(), bytes.size());
  }
}

void op_getxattr(fuse_req_t request, fuse_ino_t inode, const char* name, size_t room) {
  if (inode != root_node) {
    fuse_reply_err(request, EOPNOTSUPP);
    return;
  }
  for (const auto& [attribute, value] : status_attributes(files_of(request))) {
    if (attribute == name) {
      reply_bytes(request, value, room);
      return;
    }
  }
  fuse_reply_err(request, ENODATA);
}

void op_listxattr(fuse_req_t request, fuse_ino_t inode, size_t room) {
  std::string names;
  if (inode == root_node) {
    for (const auto& [attribute, value] : status_attributes(files_of(request))) names += attribute + '\0';
  }
  reply_bytes(request, names, room);
}

void op_setxattr(fuse_req_t request, fuse_ino_t inode, const char* name, const char* value, size_t size, int) {
  FileSystem& files = files_of(request);
  if (inode != root_node || name != options_attribute) {
    fuse_reply_err(request, EOPNOTSUPP);
    return;
  }
  if (fuse_req_ctx(request)->uid != 0) {
    fuse_reply_err(request, EPERM);
    return;
  }
  Result<MountOptions> options = parse_remount(std::string_view(value, size), files.options());
  if (!options) {
    fuse_reply_err(request, options.error().code());
    return;
  }
  files.remount(std::move(*options));
  session_of(request).reflect_read_only();
  fuse_reply_err(request, 0);
}

void op_removexattr(fuse_req_t request, fuse_ino_t, const char*) { fuse_reply_err(request, EOPNOTSUPP); }

}  // namespace

const fuse_lowlevel_ops& session_operations() {
  static const fuse_lowlevel_ops operations = [] {
    fuse_lowlevel_ops table{};
    table.init = op_init;
    table.lookup = op_lookup;
    table.getattr = op_getattr;
    table.setattr = op_setattr;
    table.statfs = op_statfs;
    table.readdir = op_readdir;
    table.mknod = op_mknod;
    table.mkdir = op_mkdir;
    table.create = op_create;
    table.symlink = op_symlink;
    table.link = op_link;
    table.unlink = op_unlink;
    table.rmdir = op_rmdir;
    table.rename = op_rename;
    table.fsyncdir = op_fsyncdir;
    table.open = op_open;
    table.release = op_release;
    table.read = op_read;
    table.write = op_write;
    table.fsync = op_fsync;
    table.copy_file_range = op_copy_file_range;
    table.getxattr = op_getxattr;
    table.listxattr = op_listxattr;
    table.setxattr = op_setxattr;
    table.removexattr = op_removexattr;
    // Not here on purpose: flush, lseek, fallocate, ioctl, access. Without them the kernel's own answers are zonefs'.
    return table;
  }();
  return operations;
}

}  // namespace zonecopy::zonefs
