#include "tools/compact/contents.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

namespace zonecopy::compact {
namespace {

constexpr std::uint64_t samples_max = 16;

/// One number of several: each changes it.
std::uint64_t combined(std::uint64_t hash, std::uint64_t next) {
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;
  return (hash ^ next) * odd;
}

}  // namespace

Result<std::shared_ptr<GatherFile>> Contents::open(ZoneNumber zone, Gatherer::Access access) {
  return gatherer_.open_file(path_of(zone), access);
}

Result<std::uint64_t> Contents::size_bytes(ZoneNumber zone) {
  struct statx facts {};
  const std::string path = path_of(zone);
  // From the mount itself: the kernel does not hear of what a gather request appends.
  if (statx(AT_FDCWD, path.c_str(), AT_STATX_FORCE_SYNC, STATX_SIZE, &facts) != 0) {
    Error error(errno, "look at a zone");
    return error.on_device(path);
  }
  return std::uint64_t{facts.stx_size};
}

Result<std::uint64_t> Contents::hash(ZoneNumber zone, std::uint64_t offset_bytes, std::uint64_t length_bytes) {
  if (open_zone_ != zone) {
    const Result<std::shared_ptr<GatherFile>> file = open(zone, Gatherer::Access::read);
    if (!file) return file.error();
    open_file_ = *file;
    open_zone_ = zone;
  }
  return hash_(*open_file_, offset_bytes, length_bytes);
}

Result<std::uint64_t> Contents::sample(ZoneNumber zone, std::uint64_t size_bytes, std::uint64_t block_size_bytes) {
  const std::uint64_t blocks = size_bytes / block_size_bytes;
  const std::uint64_t count = std::min(blocks, samples_max);
  std::uint64_t all = count;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t block = count == 1 ? 0 : i * (blocks - 1) / (count - 1);
    const Result<std::uint64_t> one = hash(zone, block * block_size_bytes, block_size_bytes);
    if (!one) return one;
    all = combined(all, *one);
  }
  return all;
}

Status read_hashes(Contents& contents, std::uint64_t block_size_bytes, Plan& plan) {
  for (Round& round : plan.rounds) {
    for (PlannedVictim& victim : round.victims) {
      const Result<std::uint64_t> sample = contents.sample(victim.zone, victim.size_bytes, block_size_bytes);
      if (!sample) return sample.error();
      victim.sample_xxh3 = *sample;
    }
    for (Filling& filling : round.fillings) {
      for (Move& move : filling.moves) {
        const Result<std::uint64_t> hash = contents.hash(move.old_zone, move.old_offset_bytes, move.length_bytes);
        if (!hash) return hash.error();
        move.xxh3 = *hash;
      }
    }
  }
  return {};
}

}  // namespace zonecopy::compact
