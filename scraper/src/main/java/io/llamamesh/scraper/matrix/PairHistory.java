package io.llamamesh.scraper.matrix;

import java.util.List;
import java.util.Map;
import java.util.NavigableMap;

/**
 * The history of a pair in one class and address family.
 *
 * @param port the traffic class
 * @param family {@code IPv4} or {@code IPv6}
 * @param cells cells by window, older ones by minute, oldest first
 * @param paths cells of each source port, by the end of a lossy window
 */
public record PairHistory(
    String port,
    String family,
    List<Cell> cells,
    Map<Long, NavigableMap<Integer, PathCell>> paths) {}
