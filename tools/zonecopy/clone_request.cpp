#include "tools/zonecopy/clone_request.h"

#include <filesystem>
#include <utility>

#include "tools/clone/folder_pair.h"
#include "tools/zonecopy/attributes.h"
#include "zonecopy/open_device.h"

namespace zonecopy::tools {
namespace {

bool is_folder(const std::string& path) {
  std::error_code failure;
  return std::filesystem::is_directory(path, failure);
}

std::optional<std::uint32_t> number_of(const Attributes& attributes, std::string_view name) {
  for (const Attribute& each : attributes) {
    if (each.record.name != name || !each.value) continue;
    if (const auto* number = std::get_if<std::uint64_t>(&*each.value)) return static_cast<std::uint32_t>(*number);
  }
  return std::nullopt;
}

/// What the mount tells of its limits; nothing where it tells none.
std::optional<ResourceLimits> limits_of(const std::string& folder) {
  const Result<Attributes> attributes = read_attributes(folder);
  if (!attributes) return std::nullopt;
  const auto open = number_of(*attributes, "max_wro_seq_files");
  const auto active = number_of(*attributes, "max_active_seq_files");
  if (!open || !active) return std::nullopt;
  return ResourceLimits{*open, *active};
}

/// Of an NVMe drive on either side.
EventLoop::Options loop_options(const CloneArguments& arguments) {
  EventLoop::Options options = loop_options_for(arguments.source);
  options.sqe128_cqe32 |= loop_options_for(arguments.destination).sqe128_cqe32;
  return options;
}

Status open_folders(CloneArguments& arguments, const cloning::Watch& watch, OpenPair& open) {
  auto pair = cloning::FolderPair::open(*open.loop, arguments.source, arguments.destination, watch);
  if (!pair) return pair.error();
  const std::optional<ResourceLimits> limits = limits_of(arguments.destination);
  if (limits) (*pair)->set_limits(*limits);
  // Where no limits are known, one zone at a time offends none.
  if (!limits && arguments.options.jobs == 0) arguments.options.jobs = 1;
  open.pair = std::move(*pair);
  return {};
}

Status open_devices(const CloneArguments& arguments, const cloning::Watch& watch, OpenPair& open) {
  auto pair = cloning::DevicePair::open(*open.loop, arguments.source, arguments.destination, watch);
  if (!pair) return pair.error();
  open.devices = pair->get();
  open.pair = std::move(*pair);
  return {};
}

}  // namespace

Result<OpenPair> open_pair(CloneArguments& arguments, const cloning::Watch& watch) {
  const bool folders = is_folder(arguments.source);
  if (folders != is_folder(arguments.destination)) {
    return Error(EINVAL, "clone",
                 "source and destination have to be two devices that are not mounted, or two folders of mounts; this "
                 "is a folder, and the other is none")
        .on_device(folders ? arguments.source : arguments.destination);
  }
  Result<std::unique_ptr<EventLoop>> loop = EventLoop::create(loop_options(arguments));
  if (!loop) return loop.error();
  OpenPair open;
  open.loop = std::move(*loop);
  const Status opened = folders ? open_folders(arguments, watch, open) : open_devices(arguments, watch, open);
  if (!opened) return opened.error();
  return open;
}

}  // namespace zonecopy::tools
