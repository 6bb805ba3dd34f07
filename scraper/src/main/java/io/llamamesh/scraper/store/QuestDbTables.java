package io.llamamesh.scraper.store;

import java.util.List;

/**
 * Table definitions that QuestDB needs before the first write: by default a line that is written
 * twice becomes two rows; with these keys the second replaces the first.
 */
public final class QuestDbTables {
  private static final String PAIR_TAGS =
      "mesh SYMBOL, src_ip SYMBOL, dst_ip SYMBOL, src_name SYMBOL, dst_name SYMBOL,"
          + " \"group\" SYMBOL, port SYMBOL, dscp SYMBOL, src_zone SYMBOL, dst_zone SYMBOL";
  private static final String PAIR_KEYS =
      "timestamp, mesh, src_ip, dst_ip, src_name, dst_name, \"group\", port, dscp";

  private QuestDbTables() {}

  /**
   * Statements that create the tables {@code raw_stats}, {@code path_stats} and {@code
   * reflected_stats} if they are missing. Further tags become columns by themselves; they depend on
   * the keys, so need not be among them.
   */
  public static List<String> createStatements() {
    return List.of(
        create("raw_stats", PAIR_TAGS, PAIR_KEYS),
        create("path_stats", PAIR_TAGS + ", src_port SYMBOL", PAIR_KEYS + ", src_port"),
        create(
            "reflected_stats",
            "mesh SYMBOL, src_ip SYMBOL, dst_ip SYMBOL, dst_name SYMBOL",
            "timestamp, mesh, src_ip, dst_ip, dst_name"));
  }

  private static String create(String table, String tags, String keys) {
    return "CREATE TABLE IF NOT EXISTS %s (timestamp TIMESTAMP, %s) TIMESTAMP(timestamp) PARTITION BY HOUR WAL DEDUP UPSERT KEYS(%s)"
        .formatted(table, tags, keys);
  }
}
