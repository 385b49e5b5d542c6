import type { Database, Statement } from './database.js';

const PRODUCTS = 400;
const KINDS = ['cup', 'plate', 'bowl', 'jug', 'pan', 'spoon', 'tray', 'jar'];
const COLOURS = ['red', 'blue', 'green', 'white', 'black'];

export interface Product {
  readonly id: number;
  readonly name: string;
  readonly stock: number;
}

/** What the shop sells and has sold. */
export class Catalog {
  readonly #database: Database;
  readonly #find: Statement;
  readonly #product: Statement;
  readonly #take: Statement;
  readonly #order: Statement;

  constructor(database: Database) {
    this.#database = database;
    database.exec(
      `create table products (id integer primary key, name text not null, stock integer not null);
       create table orders (
         number integer primary key,
         product integer not null references products,
         count integer not null,
         price integer not null
       );`,
    );
    this.#fill();
    this.#find = database.prepare(
      `select id, name, stock, sum(count) as sold
       from products left join orders on product = id
       where name like ? group by id order by sold desc, name limit 20`,
    );
    this.#product = database.prepare('select id, name, stock from products where id = ?');
    this.#take = database.prepare('update products set stock = stock - ? where id = ?');
    this.#order = database.prepare(
      'insert into orders (product, count, price) values (?, ?, ?) returning number',
    );
  }

  /** Those that sell best first. */
  find(like: string): (Product & { readonly sold: number | null })[] {
    return this.#find.all(`%${like}%`);
  }

  product(id: number): Product | undefined {
    return this.#product.all<Product>(id)[0];
  }

  /** Gives the number of the order. */
  order(product: number, count: number, price: number): number {
    return this.#inTransaction(() => {
      this.#take.run(count, product);
      const [row] = this.#order.all<{ number: number }>(product, count, price);
      if (row === undefined) throw new Error('The order has no number.');
      return row.number;
    });
  }

  close(): void {
    this.#database.close();
  }

  #fill(): void {
    const insert = this.#database.prepare('insert into products (name, stock) values (?, ?)');
    this.#inTransaction(() => {
      for (let i = 0; i < PRODUCTS; i++) {
        const name = `${COLOURS[i % COLOURS.length]} ${KINDS[i % KINDS.length]} no. ${i + 1}`;
        insert.run(name, 1000);
      }
    });
  }

  #inTransaction<T>(change: () => T): T {
    this.#database.exec('begin');
    try {
      const result = change();
      this.#database.exec('commit');
      return result;
    } catch (error) {
      this.#database.exec('rollback');
      throw error;
    }
  }
}
