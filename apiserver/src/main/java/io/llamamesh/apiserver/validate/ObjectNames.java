package io.llamamesh.apiserver.validate;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.problem.ApiProblem.Cause;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** The rules for names, labels, annotations and owners that hold for every kind. */
public final class ObjectNames {
  private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?");
  private static final Pattern SUBDOMAIN =
      Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
  private static final Pattern SERVICE = Pattern.compile("[a-z]([-a-z0-9]*[a-z0-9])?");
  private static final Pattern QUALIFIED =
      Pattern.compile("([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]");
  private static final Pattern VALUE =
      Pattern.compile("(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?");
  private static final Set<String> LABEL_NAMED = Set.of("namespaces");
  private static final int ANNOTATIONS_LIMIT = 256 * 1024;

  private ObjectNames() {}

  /** What is wrong with an object's metadata. */
  public static List<Cause> check(JsonNode metadata, String bucket) {
    List<Cause> causes = new ArrayList<>();
    name(Json.text(metadata, "name"), bucket, causes);
    for (Map.Entry<String, JsonNode> label : metadata.path("labels").properties()) {
      key(label.getKey(), "metadata.labels", causes);
      String value = label.getValue().asText();
      if (value.length() > 63 || !VALUE.matcher(value).matches()) {
        causes.add(
            new Cause(
                "FieldValueInvalid",
                "metadata.labels",
                "Invalid value: \""
                    + value
                    + "\": a valid label must be an empty string or consist of alphanumeric"
                    + " characters, '-', '_' or '.', at most 63, and must start and end with an"
                    + " alphanumeric character"));
      }
    }
    long size = 0;
    for (Map.Entry<String, JsonNode> annotation : metadata.path("annotations").properties()) {
      key(annotation.getKey(), "metadata.annotations", causes);
      size += annotation.getKey().length() + annotation.getValue().asText().length();
    }
    if (size > ANNOTATIONS_LIMIT) {
      causes.add(
          new Cause(
              "FieldValueTooLong",
              "metadata.annotations",
              "Too long: may not be more than " + ANNOTATIONS_LIMIT + " bytes"));
    }
    for (JsonNode owner : metadata.path("ownerReferences")) {
      for (String field : List.of("apiVersion", "kind", "name", "uid")) {
        if (Json.text(owner, field).isEmpty()) {
          causes.add(
              new Cause(
                  "FieldValueInvalid",
                  "metadata.ownerReferences." + field,
                  "Invalid value: \"\": " + field + " must not be empty"));
        }
      }
    }
    return causes;
  }

  private static void name(String name, String bucket, List<Cause> causes) {
    if (name.isEmpty()) {
      causes.add(
          new Cause(
              "FieldValueRequired",
              "metadata.name",
              "Required value: name or generateName is required"));
      return;
    }
    boolean path = bucket.endsWith(".rbac.authorization.k8s.io");
    boolean service = bucket.equals("services");
    boolean label = LABEL_NAMED.contains(bucket);
    boolean valid =
        path
            ? !name.equals(".") && !name.equals("..") && !name.contains("/") && !name.contains("%")
            : (service ? SERVICE : label ? LABEL : SUBDOMAIN).matcher(name).matches()
                && name.length() <= (service || label ? 63 : 253);
    if (!valid) {
      String what =
          service
              ? "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start"
                  + " with an alphabetic character, and end with an alphanumeric character"
              : label
                  ? "a lowercase RFC 1123 label must consist of lower case alphanumeric characters"
                      + " or '-', and must start and end with an alphanumeric character"
                  : "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric"
                      + " characters, '-' or '.', and must start and end with an alphanumeric"
                      + " character";
      causes.add(
          new Cause(
              "FieldValueInvalid", "metadata.name", "Invalid value: \"" + name + "\": " + what));
    }
  }

  private static void key(String key, String field, List<Cause> causes) {
    int slash = key.indexOf('/');
    String name = key.substring(slash + 1);
    boolean valid =
        QUALIFIED.matcher(name).matches()
            && name.length() <= 63
            && (slash < 0
                || (slash <= 253 && SUBDOMAIN.matcher(key.substring(0, slash)).matches()));
    if (!valid) {
      causes.add(
          new Cause(
              "FieldValueInvalid",
              field,
              "Invalid value: \""
                  + key
                  + "\": name part must consist of alphanumeric characters, '-', '_' or '.', at"
                  + " most 63, and must start and end with an alphanumeric character; the prefix"
                  + " part before a '/' must be a lowercase DNS subdomain"));
    }
  }
}
