package io.llamamesh.scraper.matrix;

import java.util.List;
import java.util.Map;
import java.util.NavigableMap;

/**
 * The history of a pair in one class and address family.
 *
 * @param port the traffic class
 * @param family {@code IPv4} or {@code IPv6}
 * @param cells windows, before them one cell a minute for older ones, oldest first
 * @param paths per lossy window's end: what each source port saw
 */
public record PairHistory(
    String port,
    String family,
    List<Cell> cells,
    Map<Long, NavigableMap<Integer, PathCell>> paths) {}
