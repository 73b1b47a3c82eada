#include "zonefs/core/process_status.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "zonecopy/file_descriptor.h"

namespace zonecopy::zonefs {
namespace {

/// The numbers of a line, which stand between blanks.
template <typename Number>
std::vector<Number> numbers_in(std::string_view line, int base) {
  std::vector<Number> numbers;
  while (!line.empty()) {
    Number number{};
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number, base);
    const auto used = static_cast<std::size_t>(end - line.data());
    if (error == std::errc()) numbers.push_back(number);
    line.remove_prefix(std::max<std::size_t>(used, 1));
  }
  return numbers;
}

}  // namespace

std::string read_status(const std::string& process) {
  const FileDescriptor file(open((process + "/status").c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char part[4096];
  while (file) {
    const ssize_t count = ::read(file.get(), part, sizeof part);
    if (count <= 0) break;
    text.append(part, static_cast<std::size_t>(count));
  }
  return text;
}

std::string_view status_line(std::string_view status, std::string_view name) {
  while (!status.empty()) {
    const std::string_view line = status.substr(0, status.find('\n'));
    status.remove_prefix(std::min(line.size() + 1, status.size()));
    if (line.starts_with(name) && line.substr(name.size()).starts_with(':')) return line.substr(name.size() + 1);
  }
  return {};
}

std::optional<Credentials> parse_credentials(std::string_view status) {
  const auto users = numbers_in<uid_t>(status_line(status, "Uid"), 10);
  const auto groups = numbers_in<gid_t>(status_line(status, "Gid"), 10);
  const auto capabilities = numbers_in<std::uint64_t>(status_line(status, "CapEff"), 16);
  constexpr std::size_t file_id = 3;  // after the real, the effective and the saved one
  if (users.size() <= file_id || groups.size() <= file_id || capabilities.empty()) return std::nullopt;
  Credentials credentials{users[file_id], groups[file_id], numbers_in<gid_t>(status_line(status, "Groups"), 10),
                          capabilities.front()};
  std::ranges::sort(credentials.groups);
  return credentials;
}

}  // namespace zonecopy::zonefs
