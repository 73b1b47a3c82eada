#include "tools/serve/identity.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <uuid/uuid.h>

#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "src/device/image/image_format.h"
#include "src/nvme/fabrics/nqn.h"
#include "zonecopy/file_descriptor.h"

namespace zonecopy::serve {
namespace {

/// What the UUIDs that are made of names are made in (RFC 4122, 4.3). Never change it: all names would change.
constexpr std::string_view name_space = "4a9ae3d0-5e0c-4f1c-8f7b-5c1f3b6f9a21";

Uuid named(std::string_view name) {
  uuid_t space;
  uuid_t made;
  uuid_parse(std::string(name_space).c_str(), space);
  uuid_generate_sha1(made, space, name.data(), name.size());
  Uuid uuid;
  std::memcpy(uuid.data(), static_cast<const unsigned char*>(made), uuid.size());
  return uuid;
}

std::string hexadecimal(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  return text;
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// Nothing where the file cannot be read, or its header has no UUID.
std::optional<Uuid> uuid_of_image(const std::string& path) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  image::HeaderBytes bytes;
  if (!file || pread(file.get(), bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) return {};
  const Result<image::Header> header = image::decode(bytes);
  if (!header) return {};
  const auto uuid = std::bit_cast<Uuid>(header->uuid);
  if (uuid == Uuid{}) return {};
  return uuid;
}

/// The worldwide identifier of a drive, as the kernel tells it; empty where there is none.
std::string worldwide_identifier(const std::string& path) {
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0) return {};
  const char* const kind = S_ISBLK(facts.st_mode) ? "block" : "char";
  const std::string folder = fmt::format("/sys/dev/{}/{}:{}", kind, major(facts.st_rdev), minor(facts.st_rdev));
  const std::string own = first_line(folder + "/wwid");
  return own.empty() ? first_line(folder + "/device/wwid") : own;
}

std::string canonical(const std::string& path) {
  std::error_code failure;
  const std::filesystem::path found = std::filesystem::canonical(path, failure);
  return failure ? path : found.string();
}

}  // namespace

Uuid uuid_of(const DeviceInfo& info) {
  if (info.kind == DeviceKind::image) {
    const std::optional<Uuid> uuid = uuid_of_image(info.path);
    if (uuid) return *uuid;
  }
  const std::string identifier = worldwide_identifier(info.path);
  if (!identifier.empty()) return named("wwid " + identifier);
  return named(fmt::format("machine {} path {}", first_line("/etc/machine-id"), canonical(info.path)));
}

Uuid uuid_of_twin(const Uuid& uuid, const std::string& path) {
  return named(fmt::format("twin of {} path {}", hexadecimal(uuid), canonical(path)));
}

Uuid uuid_of_subsystem(std::span<const Uuid> namespaces) {
  std::string name = "subsystem";
  for (const Uuid& uuid : namespaces) name += ' ' + hexadecimal(uuid);
  return named(name);
}

std::string nqn_of(const Uuid& uuid) { return nvme::fabrics::nqn_of(std::bit_cast<nvme::fabrics::Uuid>(uuid)); }

std::string serial_number_of(const Uuid& uuid) {
  constexpr std::size_t length = 20;
  return hexadecimal(uuid).substr(0, length);
}

}  // namespace zonecopy::serve
