/**
 * The page and the JSON API over HTTP; imports neither the Kubernetes client nor a store's client.
 */
@NullMarked
package io.llamamesh.scraper.web;

import org.jspecify.annotations.NullMarked;
