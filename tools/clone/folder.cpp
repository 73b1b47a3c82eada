#include "tools/clone/folder.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <memory>
#include <vector>

#include "zonecopy/gather.h"

namespace zonecopy::cloning {
namespace {

constexpr mode_t any_read = 0444;
constexpr mode_t any_write = 0222;

Error make_error(const std::string& path, int code, std::string detail) {
  return Error(code, "clone", std::move(detail)).on_device(path);
}

/// The numbers that are names of files in `path`, in order; none where there is no such folder.
Result<std::vector<std::uint64_t>> numbers_in(const std::string& path) {
  std::vector<std::uint64_t> numbers;
  std::error_code failure;
  std::filesystem::directory_iterator each(path, failure);
  if (failure == std::errc::no_such_file_or_directory) return numbers;
  for (; !failure && each != std::filesystem::directory_iterator(); each.increment(failure)) {
    const std::string name = each->path().filename().string();
    std::uint64_t number = 0;
    const auto [end, wrong] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (wrong == std::errc() && end == name.data() + name.size()) numbers.push_back(number);
  }
  if (failure) return make_error(path, failure.value(), "");
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Status read_facts(Gatherer& gatherer, const std::string& path, ZoneFacts& zone, Side& side) {
  struct stat attributes {};
  if (stat(path.c_str(), &attributes) != 0) return make_error(path, errno, "");
  // zonefs takes these bits away from the file of a zone that cannot be read, or written.
  if ((attributes.st_mode & any_read) == 0) {
    zone.health = Health::offline;
    return {};
  }
  const Result<std::shared_ptr<GatherFile>> file = gatherer.open_file(path, Gatherer::Access::read);
  if (!file) return file.error();
  const Result<GatherFileFacts> facts = (*file)->facts();
  if (!facts) return facts.error();
  side.block_size_bytes = facts->block_size_bytes;
  zone.writable = (attributes.st_mode & any_write) != 0;
  zone.size_bytes = facts->size_bytes;
  zone.capacity_bytes = facts->capacity_bytes;
  zone.full = zone.sequential && facts->size_bytes >= facts->capacity_bytes;
  if (facts->sequential == zone.sequential) return {};
  return make_error(path, EINVAL, "this is no zone file: name the folder of a mount of zonecopyfs, with cnv and seq");
}

}  // namespace

Result<Side> read_folder(const std::string& folder) {
  Result<std::unique_ptr<Gatherer>> gatherer = Gatherer::create();
  if (!gatherer) return gatherer.error();
  Side side;
  side.name = folder;
  for (const char* const kind : {"cnv", "seq"}) {
    const Result<std::vector<std::uint64_t>> numbers = numbers_in(folder + '/' + kind);
    if (!numbers) return numbers.error();
    for (const std::uint64_t number : *numbers) {
      ZoneFacts zone;
      zone.name = fmt::format("{}/{}", kind, number);
      zone.sequential = std::strcmp(kind, "seq") == 0;
      const Status read = read_facts(**gatherer, folder + '/' + zone.name, zone, side);
      if (!read) return read.error();
      side.zones.push_back(std::move(zone));
    }
  }
  if (!side.zones.empty()) return side;
  return make_error(folder, EINVAL,
                    "there are no zone files in cnv and seq: name the folder of a mount, or of one device of a mount");
}

bool same_folder(const std::string& one, const std::string& other) {
  std::error_code failure;
  return std::filesystem::equivalent(one, other, failure) && !failure;
}

}  // namespace zonecopy::cloning
