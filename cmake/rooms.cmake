# One library a room: a folder whose files share one idea. What a room may include is what it NEEDS, and what those need.

# zonecopy_room(NAME [PURE] [HEADERS ...] SOURCES ... [NEEDS ...] [LIBRARIES ...])
#   HEADERS    those of include/zonecopy that belong to the room
#   NEEDS      rooms
#   LIBRARIES  what is not the project's
#   PURE       nothing in it does I/O, nor does anything that it includes
function(zonecopy_room name)
  cmake_parse_arguments(PARSE_ARGV 1 room "PURE" "" "HEADERS;SOURCES;NEEDS;LIBRARIES")
  add_library(${name} STATIC ${room_SOURCES})
  target_link_libraries(${name} PUBLIC Threads::Threads ${room_NEEDS} PRIVATE zonecopy_options ${room_LIBRARIES})
  set_target_properties(${name} PROPERTIES ZONECOPY_NEEDS "${room_NEEDS}")
  set_property(GLOBAL APPEND PROPERTY ZONECOPY_HEADERS ${room_HEADERS})
endfunction()

# zonecopy_program(NAME SOURCES ... [NEEDS ...] [LIBRARIES ...])
function(zonecopy_program name)
  cmake_parse_arguments(PARSE_ARGV 1 program "" "" "SOURCES;NEEDS;LIBRARIES")
  add_executable(${name} ${program_SOURCES})
  target_link_libraries(${name} PRIVATE ${program_NEEDS} zonecopy_options fmt::fmt ${program_LIBRARIES})
endfunction()

# zonecopy_library(NAME ROOMS ...): one archive of the rooms and all that they need, as it is installed.
function(zonecopy_library name)
  cmake_parse_arguments(PARSE_ARGV 1 library "" "" "ROOMS")
  set(rooms)
  set(left ${library_ROOMS})
  while(left)
    list(POP_FRONT left room)
    if(NOT room IN_LIST rooms)
      list(APPEND rooms ${room})
      get_target_property(needs ${room} ZONECOPY_NEEDS)
      if(needs)
        list(APPEND left ${needs})
      endif()
    endif()
  endwhile()
  list(TRANSFORM rooms REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE objects)
  add_library(${name} STATIC ${objects})
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
endfunction()
