// The copies of one job between files of a mount.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tools/bench/subject.h"
#include "tools/bench/walk.h"
#include "zonecopy/buffer.h"
#include "zonecopy/file_descriptor.h"
#include "zonecopy/ioctl.h"

namespace zonecopy::benching {

/// One thread at a time.
class FileCopies {
 public:
  /// Opens all sources of the job. Destinations are opened one after the other, since mounts count files that are open
  /// for writing. `finish_bytes`, if not 0: before the next one is opened, the zone is finished, which takes so much.
  static Result<std::unique_ptr<FileCopies>> open(const std::vector<std::string>& sources,
                                                  const std::vector<std::string>& destinations, const Shape& shape,
                                                  Mode mode, std::uint64_t finish_bytes);
  /// Makes one copy, whole.
  Status copy(const Step& step);
  /// What all copies have done. Those by copy_file_range(2) are asked of the mount, which counts them a file.
  Copied take();

 private:
  struct Source {
    std::string path;
    FileDescriptor file;
    std::uint64_t inode = 0;
  };
  FileCopies(std::vector<std::string> destinations, const Shape& shape, Mode mode, std::uint64_t finish_bytes);
  Status open_destination(std::size_t number);
  void leave_destination();
  Status read_and_write(const Step& step);
  Status copy_range(const Step& step);
  Status gather(const Step& step);

  Shape shape_;
  Mode mode_;
  std::uint64_t finish_bytes_;
  std::vector<Source> sources_;
  std::vector<std::string> destinations_;
  std::size_t destination_ = 0;  ///< the number of the one that is open
  FileDescriptor to_;
  Buffer buffer_;
  std::unique_ptr<zonecopy_gather_request> request_;
  Copied copied_;
};

/// Opens, without waiting for what is no regular file. The error says what was to be done.
Result<FileDescriptor> open_zone_file(const std::string& path, int flags);
/// All of `data`, which the file must hold.
Status read_all(int file, const std::string& path, std::uint64_t offset_bytes, std::span<std::byte> data);
Status write_all(int file, const std::string& path, std::uint64_t offset_bytes, std::span<const std::byte> data);

}  // namespace zonecopy::benching
