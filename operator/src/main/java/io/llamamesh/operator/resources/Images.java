package io.llamamesh.operator.resources;

/**
 * Images of a release.
 *
 * @param agent the agents', where a mesh names none
 * @param scraper the scraper's
 * @param registry the registry's
 */
public record Images(String agent, String scraper, String registry) {}
