// Names of devices: what they mean, and how others can find the same device by them.
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "src/device/open/open_remote_name.h"
#include "src/device/remote/claim.h"
#include "src/nvme/fabrics/remote_name.h"
#include "zonecopy/open_device.h"

namespace zonecopy {
namespace {

Result<std::string> real_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> resolved(realpath(path.c_str(), nullptr), &std::free);
  if (!resolved) return Error(errno, "find").on_device(path);
  return std::string(resolved.get());
}

/// A daemon changes its working directory. The file is not looked at here: the links that lead to it may change, as those
/// of a store of secrets do.
Status make_absolute(std::string& path, const std::string& device) {
  if (path.empty()) return {};
  std::error_code failure;
  const std::filesystem::path absolute = std::filesystem::absolute(path, failure);
  if (failure) return Error(failure.value(), "find key file", path).on_device(device);
  path = absolute.lexically_normal().string();
  return {};
}

Result<std::string> canonical_remote_name(const std::string& text) {
  Result<nvme::fabrics::RemoteName> name = nvme::fabrics::parse_remote_name(text);
  if (!name) return name.error();
  for (std::string* const path : {&name->secret_path, &name->controller_secret_path}) {
    const Status absolute = make_absolute(*path, text);
    if (!absolute) return absolute.error();
  }
  return nvme::fabrics::to_string(*name);
}

}  // namespace

bool is_remote_device(std::string_view name) { return nvme::fabrics::is_remote_name(name); }

Result<std::string> canonical_device_name(const std::string& name) {
  return is_remote_device(name) ? canonical_remote_name(name) : real_path(name);
}

bool remote_device_is_free(const std::string& id) {
  constexpr std::string_view kind = "nvme-tcp ";
  if (!id.starts_with(kind)) return true;
  const Result<remote::Claim> claim = remote::Claim::take(id.substr(kind.size()), id, true);
  return claim || claim.error().code() != EBUSY;
}

std::string device_id_of(const std::string& name) {
  if (!is_remote_device(name)) return device_id(name);
  const Result<std::string> id = identify_remote_name(name);
  return id ? *id : std::string();
}

}  // namespace zonecopy
