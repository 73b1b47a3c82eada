// A range of one file to another by copy_file_range(2), however many calls that takes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "zonecopy/result.h"

namespace zonecopy::tools {

/// An open file and the facts about it that a copy needs.
class CopyFile {
 public:
  enum class Access : std::uint8_t { read, write };
  /// EISDIR and the like for what is no regular file.
  static Result<CopyFile> open(const std::string& path, Access access);
  CopyFile(CopyFile&& other) noexcept;
  CopyFile& operator=(CopyFile&&) = delete;
  ~CopyFile();

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::uint64_t size_bytes() const { return size_bytes_; }
  /// What st_blocks says: on zonecopyfs (and zonefs) the capacity of the zone, however little is in it.
  [[nodiscard]] std::uint64_t capacity_bytes() const { return capacity_bytes_; }
  [[nodiscard]] std::uint64_t block_size_bytes() const { return block_size_bytes_; }
  [[nodiscard]] std::uint64_t device_number() const { return device_number_; }

 private:
  CopyFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  int fd_;
  std::string path_;
  std::uint64_t size_bytes_ = 0;
  std::uint64_t capacity_bytes_ = 0;
  std::uint64_t block_size_bytes_ = 0;
  std::uint64_t device_number_ = 0;
};

struct CopyRangeRequest {
  std::uint64_t source_offset_bytes = 0;
  std::uint64_t destination_offset_bytes = 0;
  std::uint64_t length_bytes = 0;
};

struct CopyRangeOutcome {
  std::uint64_t bytes = 0;     ///< copied, from the start of the range on
  std::optional<Error> error;  ///< what stopped it; nothing if the range is done or a signal came
};

/// Copies until the range is done, an error, or an interrupt (interrupt.h). `progress` is told the bytes so far.
CopyRangeOutcome copy_range(const CopyFile& source, const CopyFile& destination, const CopyRangeRequest& request,
                            const std::function<void(std::uint64_t bytes)>& progress);

}  // namespace zonecopy::tools
