// copy_file_range(2). A signal to the caller ends it early.
#include "zonefs/fuse/interruption.h"
#include "zonefs/fuse/request.h"

namespace zonecopy::zonefs {
namespace {

Task<void> copy_range(fuse_req_t request, FileSystem& files, CopyRequest copy) {
  const Interruption interruption(request, Interruption::Ends::on_signal);
  const Result<std::uint64_t> copied = co_await files.copy_range(copy, interruption.token());
  if (!copied) {
    fuse_reply_err(request, copied.error().code());
  } else {
    fuse_reply_write(request, *copied);
  }
}

void op_copy_file_range(fuse_req_t request, fuse_ino_t source, off_t source_offset, fuse_file_info*,
                        fuse_ino_t destination, off_t destination_offset, fuse_file_info* destination_info,
                        size_t length, int flags) {
  const std::optional<PartFile> from = file_of(request, source);
  const std::optional<PartFile> to = file_of(request, destination);
  if (!from || !to || flags != 0) {
    fuse_reply_err(request, EINVAL);
    return;
  }
  CopyRequest copy;
  copy.source = from->number;
  if (from->files != to->files) copy.source_volume = &from->files->volume();
  copy.source_offset_bytes = static_cast<std::uint64_t>(source_offset);
  copy.destination = to->number;
  copy.destination_offset_bytes = static_cast<std::uint64_t>(destination_offset);
  copy.length_bytes = length;
  copy.through = open_file_of(destination_info);
  begin(request, copy_range(request, *to->files, copy));
}

}  // namespace

void add_copy_operation(fuse_lowlevel_ops& table) { table.copy_file_range = op_copy_file_range; }

}  // namespace zonecopy::zonefs
