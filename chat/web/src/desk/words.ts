/** Words for what the wire says in codes. */
import { desk, shared } from "@texts";
import { countdown, fill } from "../texts";

export function topicWord(topic: string | null): string {
  const topics: Record<string, string> = shared.topics;
  return topic === null ? desk.offer.none : (topics[topic] ?? topic);
}

export function languageWord(language: string | null): string {
  const languages: Record<string, string> = shared.languages;
  return language === null ? desk.offer.none : (languages[language] ?? language);
}

export function moodWord(mood: number | null): string {
  return mood === null ? desk.offer.none : (shared.moods[mood - 1] ?? desk.offer.none);
}

/** How long something took, in seconds or as `1:05`. */
export function took(seconds: number): string {
  return seconds < 60 ? fill(desk.drills.took, { seconds: Math.ceil(seconds) }) : countdown(seconds);
}

export function categoryWord(category: string): string {
  const categories: Record<string, string> = desk.category;
  return categories[category] ?? category.replace(/_/g, " ");
}
