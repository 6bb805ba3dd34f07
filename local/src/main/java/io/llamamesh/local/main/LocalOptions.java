package io.llamamesh.local.main;

import io.llamamesh.local.fault.Fault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Options of the command line, checked.
 *
 * @param nodes how many nodes
 * @param runFor how long to run after the first full matrix; null: until stopped
 * @param port TCP port of the page on 127.0.0.1
 * @param data folder that stays; null: a temporary one that goes
 * @param mesh file with the LlamaMesh to use; null: a default one
 * @param store store to write to instead of the embedded one; null: the embedded one
 * @param faults what shall be wrong
 */
record LocalOptions(
    int nodes,
    @Nullable Duration runFor,
    int port,
    @Nullable Path data,
    @Nullable Path mesh,
    @Nullable ExternalStore store,
    List<Fault> faults) {
  LocalOptions {
    faults = List.copyOf(faults);
  }

  /**
   * An InfluxDB of the user's.
   *
   * @param token its token; empty where it needs none
   */
  record ExternalStore(String url, String org, String bucket, String token) {}
}
