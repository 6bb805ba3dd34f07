package io.llamamesh.apiserver.http;

import io.llamamesh.apiserver.problem.ApiProblem;
import io.llamamesh.apiserver.store.Stored;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Long lists in pages ({@code limit}, {@code continue}): every page is of the moment of the first.
 * What is left of a list is kept for a bounded number of readers, the oldest forgotten first.
 */
final class ListPages {
  private static final int READERS = 64;

  /**
   * A page.
   *
   * @param next the token for the rest, empty after the last page
   * @param remaining how many objects the rest has
   */
  record Page(long revision, List<Stored> objects, String next, int remaining) {}

  private record Rest(long revision, List<Stored> objects) {}

  private final Map<String, Rest> rests =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Rest> eldest) {
          return size() > READERS;
        }
      };

  /** The first page of a list; all of it when the limit is 0. */
  Page first(long revision, List<Stored> objects, long limit) {
    if (limit <= 0 || objects.size() <= limit) {
      return new Page(revision, objects, "", 0);
    }
    List<Stored> left = List.copyOf(objects.subList((int) limit, objects.size()));
    String token = UUID.randomUUID().toString();
    synchronized (rests) {
      rests.put(token, new Rest(revision, left));
    }
    return new Page(revision, objects.subList(0, (int) limit), token, left.size());
  }

  /**
   * The page after a token.
   *
   * @throws ApiProblem 410 when the rest is no longer kept
   */
  Page next(String token, long limit) {
    Rest rest;
    synchronized (rests) {
      rest = rests.get(token);
    }
    if (rest == null) {
      throw ApiProblem.expired(
          "The provided continue parameter is too old to display a consistent list result.");
    }
    return first(rest.revision(), rest.objects(), limit);
  }
}
