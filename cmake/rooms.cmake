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
  set_target_properties(${name} PROPERTIES ZONECOPY_NEEDS "${room_NEEDS}" ZONECOPY_LIBRARIES "${room_LIBRARIES}")
  set_property(GLOBAL APPEND PROPERTY ZONECOPY_HEADERS ${room_HEADERS})
endfunction()

# zonecopy_program(NAME SOURCES ... [NEEDS ...] [LIBRARIES ...])
function(zonecopy_program name)
  cmake_parse_arguments(PARSE_ARGV 1 program "" "" "SOURCES;NEEDS;LIBRARIES")
  add_executable(${name} ${program_SOURCES})
  target_link_libraries(${name} PRIVATE ${program_NEEDS} zonecopy_options fmt::fmt ${program_LIBRARIES})
endfunction()

# zonecopy_library(NAME ROOMS ...): the rooms and all that they need as a shared library, NAME, and as an archive,
# NAME_static, which are installed. What is visible in the shared one are the symbols that public headers declare between
# "visibility push(default)" and pop, and of these no others than NAME.map lets out.
function(zonecopy_library name)
  cmake_parse_arguments(PARSE_ARGV 1 library "" "" "ROOMS")
  zonecopy_closure(rooms ${library_ROOMS})
  set(objects)
  set(libraries Threads::Threads)
  foreach(room IN LISTS rooms)
    # A call within the library need not go through the table of what may be replaced by other libraries.
    set_target_properties(${room} PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden
                          VISIBILITY_INLINES_HIDDEN ON)
    target_compile_options(${room} PRIVATE -fno-semantic-interposition)
    list(APPEND objects $<TARGET_OBJECTS:${room}>)
    get_target_property(of_room ${room} ZONECOPY_LIBRARIES)
    list(APPEND libraries ${of_room})
  endforeach()
  list(REMOVE_DUPLICATES libraries)
  set(map ${PROJECT_SOURCE_DIR}/cmake/${name}.map)
  add_library(${name} SHARED ${objects})
  target_link_options(${name} PRIVATE LINKER:--version-script=${map})
  set_target_properties(${name} PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
                        LINK_DEPENDS ${map})
  add_library(${name}_static STATIC ${objects})
  set_target_properties(${name}_static PROPERTIES OUTPUT_NAME ${name})
  foreach(library IN ITEMS ${name} ${name}_static)
    set_target_properties(${library} PROPERTIES LINKER_LANGUAGE CXX)
    target_link_libraries(${library} PRIVATE ${libraries})
  endforeach()
  if(ZONECOPY_SANITIZE)
    target_link_options(${name} PRIVATE -fsanitize=${ZONECOPY_SANITIZE})
  endif()
endfunction()

# zonecopy_closure(VARIABLE ROOMS ...): the rooms and all that they need.
function(zonecopy_closure variable)
  set(rooms)
  set(left ${ARGN})
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
  set(${variable} ${rooms} PARENT_SCOPE)
endfunction()
