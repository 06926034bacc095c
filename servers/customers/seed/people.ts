/** Raw material for people: given and family names, and the names of support agents. */

export const GIVEN_NAMES = (
  'Aaliyah Aaron Abigail Adrian Aisha Alejandro Alice Amara Amelia Anders Andrea Anika Antonio Arjun Astrid Ava ' +
  'Beatriz Benjamin Bianca Björn Brandon Camille Carlos Caroline Charlotte Chloe Claire Clara Daniel Darius David ' +
  'Deepa Diego Dmitri Eleanor Elena Eli Elif Emeka Emily Emma Erik Esther Ethan Eva Fatima Felix Fiona Francesca ' +
  'Gabriel Georgia Grace Hana Hannah Harriet Hassan Helen Henry Hiroshi Hugo Ian Ibrahim Imani Ines Ingrid Isaac ' +
  'Isabel Ivan Jack Jamal James Jasmine Jenna Joanna Jonas José Joshua Julia Kai Karim Katarina Keiko Kevin Kwame ' +
  'Laila Lars Laura Leah Leo Lily Linh Lucas Lucia Luis Malik Marcus Margaret Maria Marta Mateo Matthew Maya Mei ' +
  'Michael Mina Mohammed Nadia Naomi Natalie Nathan Neha Niamh Nikolai Noah Nora Oliver Olivia Omar Oscar Paige ' +
  'Patrick Paul Pedro Petra Priya Rachel Rafael Rahul Rebecca René Robert Rosa Ruth Ryan Sadia Samuel Sara Sean ' +
  'Sebastian Silvia Simon Sofia Soren Stella Stephen Tamara Tariq Teresa Thabo Theo Thomas Tomás Uma Valentina ' +
  'Victor Vikram Wei William Xavier Yasmin Yuki Yusuf Zara Zoë'
).split(' ');

export const FAMILY_NAMES = (
  'Abbott Abe Adeyemi Ahmed Alvarez Andersen Andrade Bailey Baker Banerjee Barnes Bauer Becker Bennett Berg Bianchi ' +
  'Blake Bosch Boyd Brandt Brooks Brown Bryant Burke Campbell Carter Castillo Chan Chandra Chen Clarke Cohen Cole ' +
  'Collins Conti Cooper Costa Cruz Dahl Davies Delgado Desai Diaz Dixon Doyle Dubois Duncan Edwards Ellis Eriksson ' +
  'Evans Farah Farrell Fernandez Ferreira Fischer Flores Foster Fournier Fraser Fuchs Garcia Gibson Gomez Graham Gray ' +
  'Greene Gupta Haddad Hall Hansen Harris Hayashi Hayes Herrera Hoffmann Holm Hughes Hussain Ito Ivanov Jackson ' +
  'Jacobs Jansen Jensen Johnson Jones Kapoor Kaya Keller Kelly Khan Kim Klein Kowalski Kumar Lambert Lang Larsen ' +
  'Laurent Lee Lewis Lindqvist Lopez Lund Malik Marino Marsh Martin Martínez Mendes Meyer Mitchell Moore Morales ' +
  'Moreau Morgan Morris Müller Murphy Nakamura Navarro Nguyen Nielsen Novak Obi Ochieng Okafor Oliveira Olsen Ortiz ' +
  'Osei Palmer Park Parker Patel Pereira Perez Petersen Petrov Phillips Popescu Price Quinn Rahman Ramos Reid Reyes ' +
  'Ricci Rivera Roberts Romano Rossi Roy Russo Ryan Saito Santos Sato Schmidt Schneider Shah Sharma Silva Singh ' +
  'Smith Sørby Stewart Suzuki Tan Tanaka Taylor Thompson Torres Tran Turner Usman Vargas Vogel Wagner Walker Walsh ' +
  'Wang Ward Watson Weber White Williams Wilson Wood Wright Yamamoto Yang Yilmaz Young Zhang Zimmermann'
).split(' ');

export const COMPANY_ENDINGS = [
  'Studio',
  '& Sons',
  'Consulting',
  'Design',
  'Logistics',
  'Partners',
  'Bakery',
  'Works',
] as const;

/** The desk's own people; tickets are assigned to them. */
export const AGENTS = [
  'Ana Duarte',
  'Ben Whitfield',
  'Carmen Ruiz',
  'Dev Mehta',
  'Ewa Nowak',
  'Farid Aziz',
  'Greta Holm',
] as const;

/** Mail domains reserved for examples: nobody can be written to by accident. */
export const MAIL_DOMAINS = ['example.com', 'example.net', 'example.org'] as const;

/** `Zoë Müller` → `zoe.muller`, for mail addresses. */
export function mailName(name: string): string {
  const plain = name.normalize('NFD').replaceAll(/\p{M}/gu, '').replaceAll('ø', 'o').toLowerCase();
  return plain.replaceAll(/[^a-z]+/g, '.');
}
