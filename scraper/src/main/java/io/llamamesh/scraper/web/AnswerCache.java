package io.llamamesh.scraper.web;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Cache of the last few answers by request and tag, so that ten viewers of the same page cost as
 * much as one. Large ones are not cached. Thread-safe.
 */
final class AnswerCache {
  private static final int MOST = 8;
  private static final int MAX_BYTES = 1 << 20;

  private final Map<String, Answer> answers =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Answer> eldest) {
          return size() > MOST;
        }
      };

  synchronized @Nullable Answer get(String request, String tag) {
    Answer answer = answers.get(request);
    return answer != null && answer.etag().equals(tag) ? answer : null;
  }

  synchronized void put(String request, Answer answer) {
    if (answer.body().length <= MAX_BYTES) {
      answers.put(request, answer);
    }
  }
}
