#include <fmt/format.h>

#include <utility>

#include "src/gather/open_devices.h"
#include "src/gather/open_path.h"
#include "src/gather/prepared.h"
#include "src/gather/zone_file.h"
#include "zonecopy/gather.h"

namespace zonecopy {
namespace gather {
namespace {

class OneThreadGatherer final : public Gatherer {
 public:
  Result<std::shared_ptr<GatherFile>> open_file(const std::string& path, Access access) override {
    Result<std::shared_ptr<MountFile>> file = open_path(path, access);
    if (!file) return file.error();
    return std::shared_ptr<GatherFile>(std::move(*file));
  }

  Result<std::shared_ptr<GatherFile>> use_descriptor(int descriptor) override {
    Result<std::shared_ptr<MountFile>> file = open_duplicate(descriptor);
    if (!file) return file.error();
    return std::shared_ptr<GatherFile>(std::move(*file));
  }

  Result<std::shared_ptr<GatherFile>> open_zone(const std::string& device, ZoneIndex zone, Access access) override {
    const bool writable = access == Access::write;
    Result<std::shared_ptr<OpenDevice>> opened = devices_.open(device, !writable);
    if (!opened) return opened.error();
    Result<std::shared_ptr<ZoneFile>> file = ZoneFile::open(std::move(*opened), device, zone, writable);
    if (!file) return file.error();
    return std::shared_ptr<GatherFile>(std::move(*file));
  }

  Result<std::vector<GatherReport>> gather(std::span<const GatherRange> ranges,
                                           std::span<const GatherDestination> destinations,
                                           const GatherOptions& options) override {
    Result<Prepared> prepared = prepare(ranges, destinations, options);
    if (!prepared) return prepared.error();
    return carry_out(std::move(*prepared), clock_);
  }

  Result<GatherPlan> plan(std::span<const GatherRange> ranges, const GatherDestination& destination,
                          const GatherOptions& options) override {
    const Result<Prepared> prepared = prepare(ranges, std::span(&destination, 1), options);
    if (!prepared) return prepared.error();
    return plan_of(*prepared);
  }

 private:
  OpenDevices devices_;
  StepClock clock_;
};

}  // namespace
}  // namespace gather

Result<std::unique_ptr<Gatherer>> Gatherer::create() {
  return std::unique_ptr<Gatherer>(std::make_unique<gather::OneThreadGatherer>());
}

}  // namespace zonecopy
