// Open files: read, write, sync, release.
#include <fcntl.h>

#include "zonefs/fuse/interruption.h"
#include "zonefs/fuse/request.h"

namespace zonecopy::zonefs {
namespace {

IoFlags io_flags(fuse_req_t request, const fuse_file_info& info) {
  IoFlags flags;
  flags.direct = (info.flags & O_DIRECT) != 0;
  flags.append = (info.flags & O_APPEND) != 0;
  flags.sync = (info.flags & (O_SYNC | O_DSYNC)) != 0;
  flags.write_back = info.writepage != 0;
  flags.pid = fuse_req_ctx(request)->pid;
  return flags;
}

OpenFor purpose(int access) {
  if (access == O_RDONLY) return OpenFor::reading;
  return access == O_ACCMODE ? OpenFor::control : OpenFor::writing;
}

Task<void> open_file(fuse_req_t request, NodeId node, PartFile place, fuse_file_info info) {
  Session& session = session_of(request);
  FileSystem& files = *place.files;
  const FileNumber number = place.number;
  const OpenFor use = purpose(info.flags & O_ACCMODE);
  const Interruption interruption(request, Interruption::Ends::on_signal);
  if (session.mounted().is_ending(node)) co_await session.mounted().settled(node);
  Result<std::unique_ptr<OpenFile>> opened = co_await files.open(number, use, interruption.token());
  if (!opened) {
    fuse_reply_err(request, opened.error().code());
    co_return;
  }
  // Writes to a sequential zone use direct I/O, so that each goes to the device as it is; this also excludes shared
  // writable mappings. Readers and conventional zones use the page cache, which the kernel keeps up to date. A file
  // that cannot be read any more uses direct I/O too, so that its reads come here and get an error: its size is 0, and
  // the kernel would answer them itself.
  const ZoneFile& file = files.file(number);
  info.direct_io = (use == OpenFor::writing && file.sequential) || file.unreadable();
  // Pages with contents that are to be truncated must not outlive that.
  info.keep_cache = !info.direct_io && !files.truncation_owed(number, nullptr);
  info.noflush = use == OpenFor::reading;  // nothing is to be told when it is closed
  info.fh = session.keep(files, node, std::move(*opened), !info.direct_io);
  // O_RDONLY is left out. It can have O_TRUNC too, but a truncate(2) of the same file follows it more often.
  if (use != OpenFor::reading) session.note_open(node, fuse_req_ctx(request)->pid);
  if (fuse_reply_open(request, &info) != 0) {  // the caller was killed in the meantime
    std::unique_ptr<OpenFile> unused = session.take(info.fh);
    co_await files.release(std::move(unused));
  }
}

void op_open(fuse_req_t request, fuse_ino_t inode, fuse_file_info* info) {
  const std::optional<PartFile> file = file_of(request, inode);
  if (!file) {
    fuse_reply_err(request, EISDIR);
    return;
  }
  begin(request, open_file(request, inode, *file, *info));
}

Task<void> release_file(fuse_req_t request, std::optional<PartFile> file, std::unique_ptr<OpenFile> closed) {
  Session& session = session_of(request);
  if (file && closed) co_await file->files->release(std::move(closed));
  fuse_reply_err(request, 0);
  session.reflect_read_only();
}

void op_release(fuse_req_t request, fuse_ino_t inode, fuse_file_info* info) {
  begin(request, release_file(request, file_of(request, inode), session_of(request).take(info->fh)));
}

Task<void> read_file(fuse_req_t request, FileSystem& files, OpenFile* file, std::uint64_t offset_bytes,
                     std::uint64_t length_bytes, IoFlags flags) {
  Session& session = session_of(request);
  const bool strict = files.options().strict;
  const Interruption interruption(request, Interruption::Ends::on_kill);
  flags.cancel = interruption.token();
  if (strict && session.repeated_reads(*file).contains(flags.pid, offset_bytes, length_bytes)) length_bytes = 0;
  const Result<ReadResult> read = co_await files.read(*file, offset_bytes, length_bytes, flags);
  if (!read) {
    fuse_reply_err(request, read.error().code());
  } else {
    if (strict) session.repeated_reads(*file).note(flags.pid, offset_bytes, length_bytes, read->data.size());
    fuse_reply_buf(request, reinterpret_cast<const char*>(read->data.data()), read->data.size());
  }
}

void op_read(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset, fuse_file_info* info) {
  const std::optional<PartFile> file = file_of(request, inode);
  begin(request, read_file(request, *file->files, open_file_of(info), static_cast<std::uint64_t>(offset), size,
                           io_flags(request, *info)));
}

struct WriteRequest {
  PartFile to;
  std::uint64_t offset_bytes = 0;
  std::span<const std::byte> data;
  BufferPool::Loan memory;
  IoFlags flags;
};

/// The kernel drops pages before it sends a write. But a reader may have got one again meanwhile, which has what was in
/// front of the data and zeros behind that, and would take these for the data.
bool may_be_in_a_page(const WriteRequest& write, std::uint64_t written_bytes) {
  constexpr std::uint64_t page_bytes = 4096;
  return write.flags.append || write.offset_bytes % page_bytes != 0 ||
         (write.offset_bytes + written_bytes) % page_bytes != 0;
}

Task<void> write_file(fuse_req_t request, NodeId node, OpenFile* file, WriteRequest write) {
  Session& session = session_of(request);
  FileSystem& files = *write.to.files;
  const Interruption interruption(request, Interruption::Ends::on_signal);
  // Write-back cannot be cancelled: its data was written to a mapping, and no caller would repeat it.
  if (!write.flags.write_back) write.flags.cancel = interruption.token();
  const Result<std::uint64_t> written =
      co_await files.write(file, write.to.number, write.offset_bytes, write.data, write.flags);
  if (!written) {
    fuse_reply_err(request, written.error().code());
    co_return;
  }
  const bool stale =
      files.file(write.to.number).sequential && session.is_read_by_cache(node) && may_be_in_a_page(write, *written);
  if (stale) co_await session.drop_cache(node);
  fuse_reply_write(request, *written);
}

void op_write(fuse_req_t request, fuse_ino_t inode, const char* data, size_t size, off_t offset, fuse_file_info* info) {
  const std::optional<PartFile> to = file_of(request, inode);
  if (!to) {
    fuse_reply_err(request, EISDIR);
    return;
  }
  WriteRequest write;
  write.to = *to;
  write.offset_bytes = static_cast<std::uint64_t>(offset);
  write.data = std::as_bytes(std::span(data, size));
  write.memory = session_of(request).take_request_buffer();
  write.flags = io_flags(request, *info);
  // The kernel may send write-back with the handle of any open file, so none is taken.
  OpenFile* file = write.flags.write_back ? nullptr : open_file_of(info);
  begin(request, write_file(request, inode, file, std::move(write)));
}

Task<void> sync_file(fuse_req_t request, PartFile synced_file, OpenFile* file) {
  const std::int32_t pid = fuse_req_ctx(request)->pid;
  const Interruption interruption(request, Interruption::Ends::on_kill);
  const Status synced = co_await synced_file.files->sync(synced_file.number, file, pid, interruption.token());
  fuse_reply_err(request, synced ? 0 : synced.error().code());
}

/// Each close(2) of a descriptor. The kernel tells the answer to the caller.
Task<void> flush_file(fuse_req_t request, NodeId node, FileSystem& files, OpenFile* file) {
  Session& session = session_of(request);
  // If this is the last close, it changes the size a moment after the kernel has the answer.
  if (files.has_end(file->file)) session.forget_attributes(node);
  // Who reads the file after this sees nothing old.
  const KeyedLocks::Guard told = co_await session.invalidations().exclusive(node);
  const Status closed = files.at_close(*file);
  fuse_reply_err(request, closed ? 0 : closed.error().code());
}

void op_flush(fuse_req_t request, fuse_ino_t inode, fuse_file_info* info) {
  if (mount_of(request).options().strict) {
    fuse_reply_err(request, ENOSYS);  // a close has nothing to tell, and the kernel does not ask again
    return;
  }
  const std::optional<PartFile> file = file_of(request, inode);
  begin(request, flush_file(request, inode, *file->files, open_file_of(info)));
}

void op_fsync(fuse_req_t request, fuse_ino_t inode, int, fuse_file_info* info) {
  const std::optional<PartFile> file = file_of(request, inode);
  if (!file) {
    fuse_reply_err(request, EINVAL);
    return;
  }
  begin(request, sync_file(request, *file, open_file_of(info)));
}

}  // namespace

void add_file_operations(fuse_lowlevel_ops& table) {
  table.open = op_open;
  table.release = op_release;
  table.read = op_read;
  table.write = op_write;
  table.flush = op_flush;
  table.fsync = op_fsync;
}

}  // namespace zonecopy::zonefs
