// zonecopy image: makes zoned image files and breaks their zones.
#include "zonecopy/image.h"

#include <fmt/format.h>

#include "tools/zonecopy/command.h"
#include "tools/zonecopy/text.h"

namespace zonecopy::tools {
namespace {

/// In an ImageSpec 0 means that nothing was asked for.
std::string not_zero(const std::string& bytes) {
  return bytes == "0" ? "0 is no capacity; it is at most the zone size" : std::string();
}

int create(const std::string& path, const ImageSpec& spec) {
  const Status created = create_image(path, spec);
  // A spec that makes no sense is wrong usage: no other file or disk would make it right.
  if (!created) return fail(created.error(), created.error().code() == EINVAL ? exit_wrong_usage : exit_failed);
  const std::uint64_t zones = (spec.size_bytes + spec.zone_size_bytes - 1) / spec.zone_size_bytes;
  fmt::print("{}: {}, {} zones of {}, {} of them conventional\n", path, human_size(spec.size_bytes), zones,
             human_size(spec.zone_size_bytes), spec.conventional_zones);
  return exit_ok;
}

void add_create(CLI::App& image, int& exit_status) {
  struct Arguments {
    std::string path;
    ImageSpec spec;
  };
  const auto arguments = std::make_shared<Arguments>();
  ImageSpec& spec = arguments->spec;

  CLI::App& command =
      *image.add_subcommand("create", "Make a sparse file that behaves as a host-managed zoned device.");
  command.add_option("FILE", arguments->path, "the image to make; must not exist")->required();
  add_size_option(command, "--size", spec.size_bytes, "size of the device")->required();
  add_size_option(command, "--zone-size", spec.zone_size_bytes, "size of a zone")->required();
  add_size_option(command, "--zone-capacity", spec.zone_capacity_bytes, "writable part of a zone (default: all of it)")
      ->check(CLI::Validator(not_zero, ""));
  add_number_option(command, "--conventional", spec.conventional_zones, "the first so many zones are (default 0)");
  add_number_option(command, "--max-open", spec.max_open_zones, "zones open at once (default 0: no limit)");
  add_number_option(command, "--max-active", spec.max_active_zones, "zones active at once (default 0: no limit)");
  add_number_option(command, "--block-size", spec.block_size_bytes, "512 or 4096 bytes (default 4096)");
  command.callback([arguments, &exit_status] { exit_status = create(arguments->path, arguments->spec); });
}

void add_set(CLI::App& image, int& exit_status) {
  struct Arguments {
    std::string path;
    ZoneIndex zone = 0;
    std::string condition;
  };
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& command =
      *image.add_subcommand("set", "Put a zone into a condition that only failing hardware causes; for tests.");
  command.add_option("FILE", arguments->path, "the image; it may be mounted")->required();
  add_number_option(command, "--zone", arguments->zone, "number of the zone, from 0")->required();
  command.add_option("--condition", arguments->condition, "read-only or offline")
      ->type_name("CONDITION")
      ->check(CLI::IsMember({"read-only", "offline"}))
      ->required();
  command.callback([arguments, &exit_status] {
    const bool offline = arguments->condition == "offline";
    const Status set = set_image_zone_condition(arguments->path, arguments->zone,
                                                offline ? ZoneCondition::offline : ZoneCondition::read_only);
    exit_status = set ? exit_ok : fail(set.error());
  });
}

}  // namespace

void add_image_command(CLI::App& app, int& exit_status) {
  CLI::App& image = *app.add_subcommand("image", "Make zoned image files, and break their zones.");
  image.require_subcommand(1);
  add_create(image, exit_status);
  add_set(image, exit_status);
}

}  // namespace zonecopy::tools
