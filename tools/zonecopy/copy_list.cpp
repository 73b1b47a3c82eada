#include "tools/zonecopy/copy_list.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "zonecopy/file_descriptor.h"

namespace zonecopy::tools {
namespace {

constexpr std::size_t entry_max_bytes = 16384;  // a path has 4096 at most, and a range some 50
constexpr std::size_t read_bytes = 1U << 16;

Error make_error(int code, std::string detail) { return Error(code, "read list", std::move(detail)); }

/// The error of an entry, which then says where the entry is.
Error at_entry(const Error& error, std::string_view kind, std::uint64_t number) {
  const std::string where = fmt::format("{} {} of the list", kind, number);
  const std::string detail = error.detail().empty() ? where : fmt::format("{}: {}", where, error.detail());
  Error located(error.code(), error.operation(), detail);
  located.on_device(error.device());
  if (error.zone()) located.at_zone(*error.zone());
  if (error.lba()) located.at_lba(*error.lba());
  return located;
}

}  // namespace

Status ListCutter::add(std::string_view piece) {
  const char separator = null_separated_ ? '\0' : '\n';
  while (!piece.empty()) {
    const std::size_t end = piece.find(separator);
    const std::string_view part = piece.substr(0, end);
    if (!null_separated_ && part.find('\0') != std::string_view::npos) {
      return at_entry(make_error(EINVAL, "it contains a NUL: a list with NULs between its entries needs --null"),
                      "line", number_);
    }
    entry_ += part;
    if (entry_.size() > entry_max_bytes) {
      return at_entry(make_error(EINVAL, fmt::format("it is longer than {} bytes: a list has one SOURCE "
                                                     "or SOURCE:OFFSET+LENGTH {}",
                                                     entry_max_bytes, null_separated_ ? "before each NUL" : "a line")),
                      null_separated_ ? "entry" : "line", number_);
    }
    if (end == std::string_view::npos) return {};
    const Status taken = entry_ends();
    if (!taken) return taken.error();
    piece.remove_prefix(end + 1);
  }
  return {};
}

Status ListCutter::finish() { return entry_.empty() ? Status() : entry_ends(); }

Status ListCutter::entry_ends() {
  const bool counts = null_separated_ || (!entry_.empty() && entry_.front() != '#');
  const Status taken = counts ? take_(entry_) : Status();
  if (!taken) return at_entry(taken.error(), null_separated_ ? "entry" : "line", number_);
  entry_.clear();
  ++number_;
  return {};
}

Status read_list(const std::string& path, bool null_separated, const ListCutter::Take& take) {
  const bool standard_input = path == "-";
  const FileDescriptor file(standard_input ? -1 : open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!standard_input && !file) return make_error(errno, {}).on_device(path);
  ListCutter cutter(null_separated, take);
  std::vector<char> piece(read_bytes);
  while (true) {
    const ssize_t count = read(standard_input ? STDIN_FILENO : file.get(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return make_error(errno, {}).on_device(standard_input ? "standard input" : path);
    if (count == 0) return cutter.finish();
    const Status added = cutter.add({piece.data(), static_cast<std::size_t>(count)});
    if (!added) return added.error();
  }
}

}  // namespace zonecopy::tools
