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
  return !is_remote_device(path) && std::filesystem::is_directory(path, failure);
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
  const std::optional<ResourceLimits> limits = read_resource_limits(arguments.destination);
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
