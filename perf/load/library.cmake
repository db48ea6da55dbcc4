# The load generator without its main: for the program `load`, and for its unit tests.
if(NOT TARGET latchkey_load)
  file(GLOB load_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.cpp)
  list(FILTER load_sources EXCLUDE REGEX "/main\\.cpp$")
  add_library(latchkey_load STATIC ${load_sources})
  target_include_directories(latchkey_load PUBLIC ${CMAKE_CURRENT_LIST_DIR})
  target_link_libraries(latchkey_load PUBLIC latchkey_flags latchkey_boost PRIVATE Boost::json OpenSSL::SSL)
endif()
